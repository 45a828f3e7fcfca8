/** `node --test node.test.js`, of the built file or with Node 22.18 or later of this one. */

import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { call, settled } from "scgi/testing";
import app from "./app.ts";

for (const server of ["nginx", "lighttpd", "apache", "cherokee"] as const) {
  test(`a user of ${server} is welcome, and gets mail`, async () => {
    const sent: string[] = [];
    const mail = (to: string) => Promise.resolve(void sent.push(to));
    const request = new Request("https://example.com/book/guests", { method: "POST" });
    const response = await call(app, request, {
      server,
      mount: "/book",
      stripPrefix: "/book",
      remoteUser: "ada",
      bindings: { mail },
    });
    equal(await response.text(), "Welcome, ada\n");
    await settled(response);
    deepEqual(sent, ["ada"]);
  });
}

test("a stranger is not", async () => {
  equal((await call(app, "/guests")).status, 403);
});
