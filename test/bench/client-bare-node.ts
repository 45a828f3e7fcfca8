/** The floor of a call on Node: a socket of `node:net` that sends a canned request. */

import { connect } from "node:net";
import process from "node:process";
import { obey } from "./client-calls.ts";
import { requestHead, scenarios } from "./scenarios.ts";

const head = Buffer.from(requestHead(scenarios.hello), "latin1");

await obey(() =>
  new Promise((resolve, reject) => {
    let text = "";
    const socket = connect(process.argv[2]!, () => socket.write(head));
    socket.on("data", (bytes) => text += bytes.toString())
      .on("close", () => resolve(text)).on("error", reject);
  })
);
