/** The example scripts, which know nothing of SCGI. */

import { describe, expect, test } from "bun:test";
import { ask } from "../behaviour/client.ts";
import { freePort } from "../support/address.ts";
import { eventually } from "../support/eventually.ts";
import { startScript } from "../support/server.ts";

describe("the unchanged script", () => {
  test("for Bun serves its routes over SCGI", async () => {
    const listen = `127.0.0.1:${await freePort()}`;
    await using _server = await startScript("bun", [
      ...["src/cli.ts", "run", "--listen", listen, "examples/unchanged/bun.ts"],
    ]);
    const text = async (target: string) => (await ask(listen, target)).text;
    expect(await text("/health")).toBe("OK");
    expect(await text("/notes")).toBe('["buy tea"]');
    expect((await ask(listen, "/notes", { body: "buy milk" })).json()).toEqual({ id: 1 });
    expect(await text("/notes/1")).toBe("buy milk");
    expect((await ask(listen, "/notes/2")).status).toBe(404);
    const first = await ask(listen, "/visits");
    expect(first.header("set-cookie")).toStartWith("visits=1;");
    const variables = { HTTP_COOKIE: "visits=1" };
    expect((await ask(listen, "/visits", { variables })).text).toBe("Visit number 2");
    expect(await text("/")).toBe("Hello, 192.0.2.7");
  });

  test("for Deno tells who asks, and notes what was delivered", async () => {
    const listen = `127.0.0.1:${await freePort()}`;
    await using server = await startScript("deno", [
      ...["src/cli.ts", "run", "--listen", listen, "examples/unchanged/deno.ts"],
    ]);
    expect((await ask(listen, "/a/path")).text).toBe("Hello, 192.0.2.7");
    await eventually(() => server.stdout(), (text) => text === "GET /a/path\n");
  });
});
