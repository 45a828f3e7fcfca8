/** The types, the lint rules and the format of the whole tree, and what is said of the public API. */

import { expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import published from "../../deno.json" with { type: "json" };
import manifest from "../../package.json" with { type: "json" };
import { removeFolder, temporaryFolder } from "../support/address.ts";

const root = join(import.meta.dirname, "../..");
const deno = join(root, "node_modules/deno/deno");
const tsc = join(root, "node_modules/typescript/bin/tsc");

/** Throws what the program printed when it ends with any other status than 0. */
function passes(program: string, ...args: string[]): void {
  // Whatever would be fetched fails: all that is needed is there.
  const env = { ...process.env, NO_COLOR: "1", HTTPS_PROXY: "http://127.0.0.1:9" };
  const options = { cwd: root, env, encoding: "utf8" } as const;
  const { status, error, stdout, stderr } = spawnSync(program, args, options);
  if (error) throw error;
  if (status !== 0) throw new Error(`It ended with status ${status}:\n${stdout}${stderr}`);
}

// One file imports from JSR, which does not answer everywhere; its own test says so. Three are for
// Bun, whose types Deno does not know; nor does Bun know those of their neighbours, which
// tsconfig.json leaves out.
const NOT_CHECKED = [
  "streaming/app.ts",
  "unchanged/bun.ts",
  "migrating/bun-serve/before.ts",
  "testing/bun.test.ts",
];
const examples = readdirSync(join(root, "examples"), { recursive: true, encoding: "utf8" })
  .filter((path) => /(?<!\.d)\.ts$/.test(path) && !NOT_CHECKED.includes(path))
  .map((path) => join("examples", path));

test("tsc finds no error in src, test and examples", () => {
  passes(process.execPath, tsc, "--noEmit");
}, 120_000);

test("all that src exports has its type said, as declarations are made from it", () => {
  passes(process.execPath, tsc, "-p", "src", "--noEmit");
}, 120_000);

// Not the tests: they run on Bun, whose types Deno does not know.
test("deno check finds no error in src and examples, save those that it cannot know", () => {
  passes(deno, "check", "src", ...examples);
}, 120_000);

test("deno lint has nothing to say, about slow types in the public API neither", () => {
  passes(deno, "lint");
}, 120_000);

test("deno fmt would change nothing", () => {
  passes(deno, "fmt", "--check");
}, 120_000);

const entryPoints = Object.values(published.exports);

test(
  "deno doc --lint finds no public symbol without a sentence, and no private type in one",
  () => {
    passes(deno, "doc", "--quiet", "--lint", ...entryPoints);
  },
  120_000,
);

test("npm run docs writes a reference with every entry point, and fetches nothing", () => {
  const [program, ...words] = manifest.scripts.docs.split(" ");
  expect(program).toBe("deno");
  const files = words.filter((word) => word.endsWith(".ts"));
  expect(files.map((file) => `./${file}`)).toEqual(entryPoints);
  const folder = temporaryFolder();
  try {
    passes(deno, ...words.map((word) => word.replace(/^--output=.*/, `--output=${folder}`)));
    const written = ["index.html", "client/~/fetch.html", "gateway/~/gateway.html"];
    expect(written.filter((page) => !existsSync(join(folder, page)))).toEqual([]);
  } finally {
    removeFolder(folder);
  }
}, 120_000);
