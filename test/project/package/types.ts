/** A user's TypeScript that imports every entry point, with the types of each runtime. */

import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Packed } from "./project.ts";
import { bun, deno, output, root, run } from "./programs.ts";

const tsc = [bun, join(root, "node_modules/typescript/bin/tsc")];
const consumer = readFileSync(join(import.meta.dirname, "consumer.ts"), "utf8");

/** Where no `lib` is given, the browsers' types are there. */
const USERS = {
  "no runtime's types": {},
  "Node's types": { lib: ["ES2023"], types: ["node"] },
  "Node's types and the browsers'": { types: ["node"] },
  "Bun's types": { lib: ["ESNext"], types: ["bun"] },
  "Bun's types and the browsers'": { types: ["bun"] },
};
const RESOLUTIONS = {
  nodenext: { module: "nodenext" },
  bundler: { module: "preserve", moduleResolution: "bundler" },
};
const COMMON = {
  noEmit: true,
  strict: true,
  exactOptionalPropertyTypes: true,
  skipLibCheck: false,
  target: "es2022",
  typeRoots: [join(root, "node_modules/@types")],
  types: [],
};

/** The tests of that. */
export function testTypes(packed: () => Packed): void {
  /** Has tsc look at the consumer and all libraries. */
  function check(settings: object, ...files: string[]): ReturnType<typeof run> {
    const project = packed().withHono.npm;
    project.write("consumer.ts", consumer);
    // Deno would take a tsconfig.json for its own.
    const config = {
      compilerOptions: { ...COMMON, ...settings },
      files: ["consumer.ts", ...files],
    };
    project.write("settings.json", JSON.stringify(config));
    return run(project.folder, [...tsc, "-p", "settings.json", "--pretty", "false"]);
  }

  describe("has types for a user of", () => {
    for (const [name, resolution] of Object.entries(RESOLUTIONS)) {
      for (const [user, settings] of Object.entries(USERS)) {
        test(`${user}, found as ${name} does`, () => {
          expect(check({ ...settings, ...resolution })).toMatchObject({ status: 0, stdout: "" });
        }, 60_000);
      }

      test(`Deno's types, found as ${name} does`, () => {
        const project = packed().withHono.npm;
        project.write("deno.d.ts", output(project.folder, [deno, "types"]));
        const { stdout, stderr } = check({ lib: ["ESNext"], ...resolution }, "deno.d.ts");
        // Deno's compiler has libraries that tsc has not, so they are not without an error.
        const others = /^(?:deno\.d\.ts|.*\/lib\.[\w.]+\.d\.ts)\(|^ /;
        expect(stdout.split("\n").filter((line) => line !== "" && !others.test(line))).toEqual([]);
        expect(stderr).toBe("");
      }, 60_000);
    }

    test("nothing of Hono, and who does not have it", () => {
      const project = packed().bare.npm;
      const lines = ["scgi", "scgi/client", "scgi/gateway", "scgi/protocol"]
        .map((name, index) => `export * as entry${index} from "${name}";`);
      project.write("consumer.ts", lines.join("\n"));
      const compilerOptions = { ...COMMON, ...RESOLUTIONS.nodenext };
      const config = { compilerOptions, files: ["consumer.ts"] };
      project.write("settings.json", JSON.stringify(config));
      output(project.folder, [...tsc, "-p", "settings.json"]);
    }, 60_000);

    test("Deno", () => {
      const project = packed().withHono.npm;
      project.write("consumer.ts", consumer);
      output(project.folder, [deno, "check", "--node-modules-dir=manual", "consumer.ts"]);
    }, 60_000);
  });
}
