/** The floor of a call: a socket that sends a canned request. */

import { Buffer } from "node:buffer";
import { obey } from "./client-calls.ts";
import { ask } from "./client-socket.ts";
import { requestHead, scenarios } from "./scenarios.ts";

const head = Buffer.from(requestHead(scenarios.hello), "latin1");
const decoder = new TextDecoder();

await obey(() => ask(head, (reply) => decoder.decode(reply)));
