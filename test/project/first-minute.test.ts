/** What somebody types first, in this checkout: it serves the demo and ends when told to. */

import { expect, test } from "bun:test";
import { join } from "node:path";
import process from "node:process";
import { freePort } from "../support/address.ts";
import { Child } from "../support/child.ts";

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
