/** `deno test examples/testing/deno_test.ts` */

import { call, settled } from "scgi/testing";
import app from "./app.ts";

function equal(actual: unknown, expected: unknown): void {
  if (actual !== expected) throw new Error(`${actual} is not ${expected}`);
}

for (const server of ["nginx", "lighttpd", "apache", "cherokee"] as const) {
  Deno.test(`a user of ${server} is welcome, and gets mail`, async () => {
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
    equal(sent.join(), "ada");
  });
}

Deno.test("a stranger is not", async () => {
  equal((await call(app, "/guests")).status, 403);
});
