/** `bun test examples/testing/bun.test.ts` */

import { expect, test } from "bun:test";
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
    expect(await response.text()).toBe("Welcome, ada\n");
    await settled(response);
    expect(sent).toEqual(["ada"]);
  });
}

test("a stranger is not", async () => {
  expect((await call(app, "/guests")).status).toBe(403);
});
