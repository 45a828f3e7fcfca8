/** What is in the package, and what those say of it who look at packages. */

import { Buffer } from "node:buffer";
import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Packed } from "./project.ts";
import { deno, output, root, run, tool } from "./programs.ts";

const ALLOWED =
  /^(?:package\.json|README\.md|LICENSE|CHANGELOG\.md|dist\/.+\.(?:js|js\.map|d\.ts)|src\/.+\.ts)$/;
const MOST_BYTES_OF_SCRIPTS = 400_000;
/** The import of another file of the package, in a declaration. */
const IMPORT = /(?:from |import\()"(\.[^"]*)\.js"/g;
/** What a script imports before it runs. */
const STATIC_IMPORT = /(?:^|[\n;}])(?:im|ex)port(?:[^;"'`]*from)?"([^"]+)"/g;
/** What Bun and Deno resolve to a file of the runtime's own. */
const OWN_NAME = "#own";
/** What the runtimes take long to load, and no server needs for its start. */
const SLOW = /^node:(?:fs|net|http|child_process|stream|dns|process|crypto|zlib)/;

/** The tests of that. */
export function testContents(packed: () => Packed): void {
  const place = (name: string) => join(packed().bare.npm.installed, name);
  const read = (name: string) => readFileSync(place(name), "utf8");
  const about = () => JSON.parse(read("package.json"));
  const files = (end = "") =>
    readdirSync(place("."), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(end) && statSync(place(name)).isFile())
      .sort();

  const own = () => join(about().imports[OWN_NAME].bun);

  /** The scripts and the modules of the runtime that scripts load at once. */
  function reachedFrom(...scripts: string[]): Set<string> {
    const reached = new Set(scripts);
    for (const script of reached) {
      if (script.startsWith("node:")) continue;
      for (const [, other] of read(script).matchAll(STATIC_IMPORT)) {
        const file = other === OWN_NAME ? own() : other!;
        reached.add(file.startsWith(".") ? join(script, "..", file) : file);
      }
    }
    return reached;
  }

  describe("holds", () => {
    test("what npm asks for, and scripts, maps and declarations in dist", () => {
      expect(files().filter((name) => !ALLOWED.test(name))).toEqual([]);
      expect(files()).toContain("LICENSE");
    });

    test("less than 400 kB of scripts", () => {
      const bytes = files(".js").reduce((sum, name) => sum + Buffer.byteLength(read(name)), 0);
      expect(bytes).toBeLessThan(MOST_BYTES_OF_SCRIPTS);
    });

    test("a map for each script that has more than names, which leads to the sources", () => {
      const inside = [...files(".ts"), "deno.json"];
      for (const name of files(".js")) {
        if (/^(?:(?:im|ex)port(?:\{[^}]*\}(?:from"[^"]*")?|"[^"]*");)+$/.test(read(name))) continue;
        expect(read(name)).toEndWith(`\n//# sourceMappingURL=${name.split("/").at(-1)}.map`);
        const { sources } = JSON.parse(read(`${name}.map`)) as { sources: string[] };
        for (const source of sources) expect(inside).toContain(join(name, "..", source));
      }
    });

    test("no declaration that no entry point leads to", () => {
      const entries = Object.values(about().exports) as { types: string }[];
      const reached = new Set(entries.map(({ types }) => join(types)));
      for (const name of reached) {
        for (const [, other] of read(name).matchAll(IMPORT)) {
          reached.add(join(name, "..", `${other}.d.ts`));
        }
      }
      expect(files(".d.ts")).toEqual([...reached].sort());
    });

    test.each(["mod.js", "cli.js"])(
      "nothing slow that %s loads at once",
      (name) => {
        const reached = reachedFrom(join("dist", name));
        expect(reached).toContain("dist/parts/server.js");
        expect([...reached].filter((module) => SLOW.test(module))).toEqual([]);
        expect([...reached].filter((module) => /client|websocket/.test(module))).toEqual([]);
      },
    );

    test("no entry point that loads the command, as bundlers would take it into every app", () => {
      const entries = Object.values(about().exports) as { default: string }[];
      const scripts = reachedFrom(...entries.map(({ default: script }) => join(script)));
      expect(scripts).toContain("dist/parts/client.js");
      expect(scripts).not.toContain("dist/parts/command.js");
    });

    test("no dependency but Hono, which may be missing", () => {
      expect(about()).not.toHaveProperty("dependencies");
      expect(about().peerDependencies).toEqual({ hono: expect.any(String) });
      expect(about().peerDependenciesMeta).toEqual({ hono: { optional: true } });
    });
  });

  describe("satisfies", () => {
    test("publint", () => {
      output(root, [...tool("publint/src/cli.js"), "run", packed().tarball, "--strict"]);
    }, 60_000);

    test("Are the types wrong?, as modules alone", () => {
      const attw = tool("@arethetypeswrong/cli/dist/index.js");
      output(root, [...attw, packed().tarball, "--profile", "esm-only"]);
    }, 60_000);

    test("JSR, as a package without slow types", () => {
      const { status, stderr } = run(root, [deno, "publish", "--dry-run", "--allow-dirty"]);
      const remarks = new Set([...stderr.matchAll(/\b(?:warning|error)\[([\w-]+)\]/g)]
        .map(([, code]) => code));
      // A command loads its users' modules, and Deno cannot be told that it is meant to
      // (denoland/deno#22594).
      remarks.delete("unanalyzable-dynamic-import");
      expect({ status, remarks: [...remarks] }).toEqual({ status: 0, remarks: [] });
      expect(stderr).toContain("Checking for slow types");
    }, 60_000);
  });
}
