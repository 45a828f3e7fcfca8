/** Where the sources look up a runtime, and where they declare its API. */

import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "../../src");
const DETECT = "runtime/detect.ts";
const KNOWN = "runtime/known.ts";
const TYPES = "runtime/types.ts";
/** The rooms that may know a runtime. */
const ROOMS = /^(?:runtime|run)\//;
/** Comments, which stand on lines of their own. */
const COMMENT = /^\s*(?:\/\*[^]*?\*\/|\/\/.*)$/gm;
/** Strings of one line, and templates. */
const STRING = /"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`/g;

const sources = new Map(
  readdirSync(root, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => [name, readFileSync(join(root, name), "utf8").replace(COMMENT, "")] as const),
);

/** The files whose code, without its comments, is as a function says. */
function filesThat(test: (code: string) => boolean): string[] {
  return [...sources].filter(([, code]) => test(code)).map(([name]) => name).sort();
}

test("the globals Bun and Deno are looked up in detect.ts alone", () => {
  const named = (code: string) =>
    /["'`](?:Bun|Deno)["'`]\]? in\b|\["(?:Bun|Deno)"\]/.test(code) ||
    /(?<![\w$])(?:Bun|Deno)(?![\w$])/.test(code.replace(STRING, ""));
  expect(filesThat(named)).toEqual([DETECT]);
});

test("no other global is taken for an unknown type than a Response that records", () => {
  expect(filesThat((code) => /globalThis as/.test(code)))
    .toEqual([DETECT, "runtime/fetch/recording.ts"]);
});

test("a module of Bun's is loaded in two files", () => {
  expect(filesThat((code) => /(?<!=== )["'`]bun(?::|["'`]\))/.test(code))).toEqual([
    "runtime/fetch/stream-kind.ts",
    "runtime/system/libc.ts",
  ]);
});

test("what is detected is imported in src/runtime and src/run alone", () => {
  const importing = filesThat((code) =>
    /from "[./]+(?:runtime\/)?(?:detect|known|types)\.ts"/.test(code)
  );
  expect(importing).toContain("runtime/chosen.ts");
  expect(importing.filter((name) => !ROOMS.test(name))).toEqual([]);
});

test("detecting a runtime loads nothing", () => {
  for (const name of [DETECT, KNOWN, TYPES]) {
    const code = sources.get(name)!.replace(/^import \{[^}]*\} from "\.\/known\.ts";$/m, "");
    expect(code).not.toMatch(/^import (?!type)|\bimport\(|\bprocess\b/m);
  }
});

test("each part of a runtime's API that is declared is used, and declared once", () => {
  const declared = [...sources.get(TYPES)!.matchAll(/^export (?:interface|type) (\w+)/gm)]
    .map(([, name]) => name!);
  const unused = declared.filter((name) =>
    filesThat((code) => new RegExp(`\\b${name}\\b`).test(code)).length === 1 &&
    sources.get(TYPES)!.match(new RegExp(`\\b${name}\\b`, "g"))!.length === 1
  );
  expect(unused).toEqual([]);
  expect(filesThat((code) => /^(?:interface|type) Native\b/m.test(code))).toEqual([]);
});
