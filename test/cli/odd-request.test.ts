/** `scgi serve` of an app that puts a Request of its own in the place of the runtime's. */

import { expect, test } from "bun:test";
import { ask } from "../behaviour/client.ts";
import { runtimes } from "../support/server.ts";
import { serveCode } from "./folder.ts";

const APP = `
const Native = globalThis.Request;
globalThis.Request = class Request extends Native {
  constructor(input, init) {
    if (typeof init?.body === "string") throw new Error("This one takes no texts");
    super(input, init);
  }
};
export default { fetch: ({ method }) => new Response(method) };
`;

test.each(runtimes)("goes on after its first request (%s)", async (runtime) => {
  const { child, listen } = await serveCode(runtime, APP);
  for (const method of ["GET", "POST", "GET"]) {
    expect((await ask(listen, "/", { method })).text).toBe(method);
  }
  expect([await child.stop(), child.stderr]).toEqual([0, ""]);
});
