/** Worker threads and child processes of scripts, which `scgi run` has no address for. */

import { describe, expect, test } from "bun:test";
import { ask } from "../behaviour/client.ts";
import { freePort } from "../support/address.ts";
import { eventually } from "../support/eventually.ts";
import { servingRuntimes, spawnScript, startScript } from "../support/server.ts";

const script = "test/run/apps/threads.ts";

describe.each(servingRuntimes)("a script's other threads and processes (%s)", (runtime) => {
  test("serve no HTTP to everybody: they are refused with a sentence", async () => {
    const at = `127.0.0.1:${await freePort()}`;
    await using server = await startScript(runtime, ["src/cli.ts", "run", "--listen", at, script]);
    const { words, "told otherwise": otherwise, ...results } = (await ask(at, "/"))
      .json() as Record<
        string,
        string
      >;
    const call = runtime === "bun" ? "Bun.serve" : "Deno.serve";
    for (const [name, result] of Object.entries(results)) {
      const where = name.startsWith("thread") ? "worker thread" : "child process";
      expect([name, result]).toEqual([
        name,
        expect.stringContaining(
          `${call} was called in a ${where}, which scgi run has no address for. Start the server ` +
            "in the script itself",
        ),
      ]);
    }
    expect(Object.keys(results)).toHaveLength(runtime === "bun" ? 7 : 4);
    if (runtime === "bun") {
      expect(results.forked).toContain("without BUN_OPTIONS in its environment");
      expect(otherwise).toBe("serves");
    }
    expect(words as unknown).toEqual([]);
    expect(server.stderr()).not.toContain("scgi:");
  }, 30_000);
});

test("what Bun itself was told to load first is passed on, and nothing else", async () => {
  const own = ["--preload", "./src/errors.ts", "--smol"];
  const at = `127.0.0.1:${await freePort()}`;
  const command = ["src/cli.ts", "run", "--listen", at, script];
  await using _server = await startScript("bun", [...own, ...command]);
  expect((await ask(at, "/")).json()).toMatchObject({ words: own });
}, 30_000);

test("without scgi run they serve", async () => {
  const port = await freePort();
  const child = spawnScript("bun", [script], { env: { PORT: String(port) } });
  const read = () =>
    fetch(`http://127.0.0.1:${port}/`).then((response) => response.json(), () => ({})) as Promise<
      Record<string, string>
    >;
  const { words: _, ...results } = await eventually(read, ({ words }) => words !== undefined);
  expect(new Set(Object.values(results))).toEqual(new Set(["serves"]));
  await child.stop();
}, 30_000);
