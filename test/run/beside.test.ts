/** Scripts of `scgi run` that start a server of `node:http` beside the one that they serve with. */

import { describe, expect, test } from "bun:test";
import { ask } from "../behaviour/client.ts";
import { freePort, removeFolder, temporaryFolder } from "../support/address.ts";
import type { Child } from "../support/child.ts";
import { servingRuntimes, spawnScript, startScript } from "../support/server.ts";
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

describe.each(servingRuntimes)("a script of scgi run (%s) has other servers", (runtime) => {
  test("of node:http, node:http2 and ws, as it has without scgi run", async () => {
    const folder = temporaryFolder();
    const script = "test/run/apps/neighbours.ts";
    const told = async (child: Child) => {
      await child.until(() => child.stdout.includes('{"seen"'), "it told of its servers");
      const line = child.stdout.split("\n").find((line) => line.startsWith('{"seen"'))!;
      return JSON.parse(line) as { seen: Record<string, unknown>; port: number };
    };
    const env = { PORT: "0", DENO_SERVE_ADDRESS: "tcp:127.0.0.1:0" };
    const native = spawnScript(runtime, [script, folder], { env });
    const expected = await told(native);
    await native.stop();
    expect(expected.seen).toMatchObject({ closed: "refused", busy: "EADDRINUSE", http2: "second" });
    const listen = `127.0.0.1:${await freePort()}`;
    const child = spawnScript(runtime, ["src/cli.ts", "run", "--listen", listen, script, folder]);
    const { seen, port } = await told(child);
    expect(seen).toEqual(expected.seen);
    expect((await ask(listen, "/")).text).toBe("the app");
    expect(await (await fetch(`http://127.0.0.1:${port}/x`)).text()).toBe("after GET /x ");
    expect(await child.stop()).toBe(0);
    expect(child.stderr).not.toContain("scgi:");
    removeFolder(folder);
  }, 30_000);
});
