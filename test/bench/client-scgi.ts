/** Calls of our client. */

import process from "node:process";
import { fetch } from "../../src/client.ts";
import { obey } from "./client-calls.ts";
import { httpHeaders, scenarios, targetOf } from "./scenarios.ts";

const url = `http://localhost:8080${targetOf(scenarios.hello)}`;
const init = { to: `unix:${process.argv[2]!}`, headers: httpHeaders(scenarios.hello) };

await obey(async () => await (await fetch(url, init)).text());
