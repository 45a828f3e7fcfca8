/** The members of a server of `Bun.serve`. */

import { expect, test } from "bun:test";
import { join } from "node:path";
import { freePort, removeFolder, temporaryFolder } from "../support/address.ts";
import { spawnScript } from "../support/server.ts";

const script = "test/run/apps/bun-members.ts";

async function members(words: string[], args: string[] = [], env: Record<string, string> = {}) {
  const child = spawnScript("bun", [...words, script, ...args], { env });
  expect([await child.exited, child.stderr.replace(/^(?:scgi|Listening).*\n/gm, "")])
    .toEqual([0, ""]);
  return JSON.parse(child.stdout) as Record<string, unknown>;
}

test("every member is there at a port, and does with any arguments what Bun's own does", async () => {
  const port = String(await freePort());
  const expected = await members([], [], { PORT: port });
  expect(Object.keys(expected).length).toBeGreaterThan(150);
  const words = ["src/cli.ts", "run", "--listen", `127.0.0.1:${port}`];
  expect(await members(words, [], { PORT: port })).toEqual(expected);
});

test("every member is there on a Unix socket", async () => {
  const folder = temporaryFolder();
  const path = join(folder, "app.sock");
  // Bun's own looks at no argument there.
  const withoutTimeout = (told: Record<string, unknown>) =>
    Object.fromEntries(Object.entries(told).filter(([name]) => !name.includes("timeout(")));
  const expected = await members([], [path]);
  const over = await members(["src/cli.ts", "run", "--listen", `unix:${path}`], [path]);
  expect(withoutTimeout(over)).toEqual(withoutTimeout(expected));
  removeFolder(folder);
});
