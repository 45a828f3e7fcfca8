/** Scripts of `scgi run` that start a server of `node:http` beside the one that they serve with. */

import { describe, expect, test } from "bun:test";
import { ask } from "../behaviour/client.ts";
import { freePort } from "../support/address.ts";
import { servingRuntimes, startScript } from "../support/server.ts";
import { credentials } from "../support/web-server.ts";

const SCRIPT = "test/run/apps/beside.ts";
const { certificate, key } = credentials();

describe.each(servingRuntimes)("a script of scgi run (%s) serves HTTP itself", (runtime) => {
  const orders: [scheme: string, order: string, front: boolean][] = [
    ["http", "first", false],
    ["https", "first", true],
    ["http", "last", true],
    ["https", "last", false],
  ];
  test.each(orders)("by node:%s, started %s; with --http: %j", async (scheme, order, front) => {
    const [listen, port] = [`127.0.0.1:${await freePort()}`, await freePort()];
    const flags = ["--listen", listen, ...(front ? ["--http", String(port)] : [])];
    const files = scheme === "https" ? [certificate, key] : [];
    await using server = await startScript(
      runtime,
      ["src/cli.ts", "run", ...flags, SCRIPT, order, ...files],
    );
    const read = async (url: string) => {
      const response = await fetch(url, { tls: { rejectUnauthorized: false } });
      return await response.text();
    };
    expect((await ask(listen, "/")).text).toBe("the app");
    const beside = (await ask(listen, "/port")).text;
    expect(await read(`${scheme}://127.0.0.1:${beside}/`)).toBe("beside");
    if (front) expect(await read(`http://127.0.0.1:${port}/`)).toBe("the app");
    expect(server.stderr()).not.toContain("scgi:");
  });
});
