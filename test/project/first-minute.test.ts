/** What somebody types first, in this checkout: it serves the demo and ends when told to. */

import { expect, test } from "bun:test";
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { ask } from "../behaviour/client.ts";
import { freePort, temporaryFolder } from "../support/address.ts";
import { Child } from "../support/child.ts";
import { fillDenoCache } from "../support/deno-cache.ts";

const root = join(import.meta.dirname, "../..");

// Not both, as each installs first, in the node_modules that the tests are running from.
const npm = Bun.which("npm");
const commands = [
  npm === null
    ? { name: "bun run start", program: process.execPath, args: ["run", "start"] }
    : { name: "npm start", program: npm, args: ["start", "--"] },
  {
    name: "deno task start",
    program: join(root, "node_modules/deno/deno"),
    args: ["task", "start"],
  },
];

for (const { name, program, args } of commands) {
  test(`${name} prints an address that answers`, async () => {
    const port = await freePort();
    // The last --http counts: port 8080 may be taken where the tests run.
    const ownPorts = ["--listen", `127.0.0.1:${await freePort()}`, "--http", String(port)];
    const child = new Child(program, [...args, ...ownPorts], { cwd: root });
    try {
      const printed = () => /http:\/\/[\w.]+:\d+\S*/.exec(child.stdout + child.stderr)?.[0];
      await child.until(() => printed() !== undefined, "it printed an address");
      expect(new URL(printed() ?? "").port).toBe(String(port));
      const response = await fetch(printed() ?? "");
      expect(response.status).toBe(200);
      expect(await response.text()).toContain("<html");
    } finally {
      expect(await child.stop()).toBe(0);
    }
  }, 60_000);
}

const deno = join(root, "node_modules/deno/deno");
const reaches = fillDenoCache();

test.skipIf(!reaches)(
  `the README's scgi.ts runs in a fresh clone with only Deno${
    reaches ? "" : " (npm is out of reach)"
  }`,
  async () => {
    const folder = join(temporaryFolder(), "scgi");
    // The files of this tree, as a clone has them: without node_modules.
    const listed = Bun.spawnSync(["git", "ls-files", "-z", "-co", "--exclude-standard"], {
      cwd: root,
    });
    for (const file of listed.stdout.toString().split("\0")) {
      if (!/^(?:src\/|[^/]+$)/.test(file) || !existsSync(join(root, file))) continue;
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      copyFileSync(join(root, file), join(folder, file));
    }
    const port = await freePort();
    const [, code = ""] = /```ts\n(\/\/ scgi\.ts\n[^]*?)```/.exec(
      readFileSync(join(root, "README.md"), "utf8"),
    ) ?? [];
    expect(code).toContain("port: 4000");
    writeFileSync(join(folder, "scgi.ts"), code.replace("port: 4000", `port: ${port}`));
    const words = ["run", `--allow-net=127.0.0.1:${port}`, "scgi.ts"];
    const child = new Child(deno, words, { cwd: folder });
    await child.until(async () => {
      try {
        return (await ask(`127.0.0.1:${port}`, "/")).text === "Hello over SCGI\n";
      } catch {
        return false;
      }
    }, "it answered");
    await child.stop();
  },
  60_000,
);
