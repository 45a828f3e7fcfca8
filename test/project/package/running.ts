/** The package as each runtime runs it. */

import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ask } from "../../behaviour/client.ts";
import { answers, freePort } from "../../support/address.ts";
import { Child } from "../../support/child.ts";
import type { Packed, Project } from "./project.ts";
import { bun, npm, output, root, type Runtime, runtimes } from "./programs.ts";

const COMMAND = "node_modules/.bin/scgi";
const APP = `export default { fetch: () => new Response("app\\n") };`;
const GLOBALS = readFileSync(join(import.meta.dirname, "globals.js"), "utf8");
const WRONG = `import { parseAddress } from "scgi";
try {
  parseAddress("::::");
} catch (error) {
  console.log(error.stack);
}`;
const SCRIPT = {
  bun: `Bun.serve({ fetch: () => new Response("script\\n") });`,
  deno: `Deno.serve(() => new Response("script\\n"));`,
};

/** The first example of the README, at a port of this test's own. */
function firstExample(port: number): string {
  const readme = readFileSync(join(root, "README.md"), "utf8");
  const [, code] = /^```ts\n(\/\/ scgi\.ts\n.*?)^```$/ms.exec(readme) ?? [];
  expect(code).toContain("port: 4000");
  return code!.replace("port: 4000", `port: ${port}`);
}

/** Starts a server, asks it once when it accepts connections, and gives what it said. */
export async function askOnce(
  { folder }: Project,
  [program, ...args]: readonly string[],
  port: number,
): Promise<string> {
  const child = new Child(program!, args, { cwd: folder });
  try {
    await child.until(() => answers(port), "it answered");
    return (await ask(`127.0.0.1:${port}`, "/")).text;
  } finally {
    await child.stop();
  }
}

/** The tests of that. */
export function testRunning(packed: () => Packed): void {
  const version = JSON.parse(readFileSync(join(root, "package.json"), "utf8")).version;
  const names = Object.keys(runtimes) as Runtime[];

  describe.each(names)("works on %s:", (runtime) => {
    // Deno installs no tarball: it links to it as if it were a folder.
    const installer = runtime === "bun" ? "bun" : "npm";
    const words = runtimes[runtime];

    test("the README's first example", async () => {
      const port = await freePort();
      const file = runtime === "node" ? "scgi.js" : "scgi.ts";
      const project = packed().withHono[installer];
      project.write(file, firstExample(port));
      const permitted = words.map((word) => word === "-A" ? `--allow-net=127.0.0.1:${port}` : word);
      expect(await askOnce(project, [...permitted, file], port)).toBe("Hello over SCGI\n");
    });

    test("scgi --version and --help", () => {
      const { folder } = packed().bare[installer];
      expect(output(folder, [...words, COMMAND, "--version"])).toBe(`${version}\n`);
      expect(output(folder, [...words, COMMAND, "--help"])).toContain("scgi serve [MODULE]");
    });

    test("scgi serve", async () => {
      const port = await freePort();
      const project = packed().bare[installer];
      project.write("app.js", APP);
      const serve = [...words, COMMAND, "serve", "app.js", "--listen", `127.0.0.1:${port}`];
      expect(await askOnce(project, serve, port)).toBe("app\n");
    });

    test("scgi config names this command's file", () => {
      const project = packed().bare[installer];
      const unit = output(project.folder, [...words, COMMAND, "config", "systemd"]);
      expect(unit).toContain(` ${join(project.installed, "dist/cli.js")} serve `);
    });

    test("nothing that all modules share is changed by importing any entry point", () => {
      const project = packed().bare[installer];
      project.write("globals.js", GLOBALS);
      const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
      const entries = Object.keys(exports).map((name) => name.replace(/^\./, "scgi"));
      const found = output(project.folder, [...words, "globals.js", ...entries]);
      const { seen, changed } = JSON.parse(found);
      expect(changed).toEqual([]);
      expect(seen).toBeGreaterThan(1000);
    });
  });

  // Each starts a file of the package by its name.
  describe.each(["bun", "deno", "node"] as const)("works on %s:", (runtime) => {
    const installer = runtime === "bun" ? "bun" : "npm";

    test("scgi serve with workers", async () => {
      const port = await freePort();
      const project = packed().bare[installer];
      project.write("app.js", APP);
      const serve = [...runtimes[runtime], COMMAND, "serve", "app.js", "--workers", "2"];
      serve.push("--listen", String(port));
      expect(await askOnce(project, serve, port)).toBe("app\n");
    });

    // Node has no server for fetch handlers that it could stand in for.
    if (runtime === "node") return;
    test("scgi run", async () => {
      const port = await freePort();
      const project = packed().bare[installer];
      project.write("script.js", SCRIPT[runtime]);
      const run = [...runtimes[runtime], COMMAND, "run", "--listen", String(port), "script.js"];
      expect(await askOnce(project, run, port)).toBe("script\n");
    });
  });

  test("npx and bunx find the command", () => {
    const npx = [npm, "exec", "--offline", "--", "scgi", "--version"];
    expect(output(packed().bare.npm.folder, npx)).toBe(`${version}\n`);
    const bunx = [bun, "x", "--bun", "--no-install", "scgi", "--version"];
    expect(output(packed().bare.bun.folder, bunx)).toBe(`${version}\n`);
  });

  test.each([
    ["Node, where it is told to read the maps", [...runtimes.node, "--enable-source-maps"]],
    ["Deno", [...runtimes.deno]],
  ])("a stack names the lines of the sources on %s", (_, command) => {
    const project = packed().bare.npm;
    project.write("wrong.js", WRONG);
    const stack = output(project.folder, [...command, "wrong.js"]);
    expect(stack).toStartWith("ScgiError: The address ");
    const [, file, line] = /\/node_modules\/(scgi\/src\/address\.ts):(\d+)/.exec(stack)!;
    const source = readFileSync(join(project.folder, "node_modules", file!), "utf8");
    expect(source.split("\n")[Number(line) - 1]).toContain("new ScgiError(");
  });
}
