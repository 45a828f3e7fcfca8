/** What `scgi serve` says of a module that imports what cannot be loaded. */

import { describe, expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { temporaryFolder } from "../support/address.ts";
import { type Runtime, runtimes } from "../support/server.ts";
import { runIn } from "./folder.ts";

/** A project: packages, aliases of a compiler and of package.json, and files of several kinds. */
const FILES: Record<string, string> = {
  "package.json": '{"type":"module","imports":{"#text":"./lib/text.js","#gone":"./lib/gone.js"}}',
  "tsconfig.json": '{"compilerOptions":{/* a */"paths":{"db/*":["./db/*"],"config":["./c.ts"],}}}',
  "node_modules/modern/package.json":
    '{"name":"modern","type":"module","exports":{".":"./main.js","./old":{"require":"./main.js"}}}',
  "node_modules/modern/main.js": "export const main = 1;",
  "node_modules/@scope/old/package.json": '{"name":"@scope/old","main":"main.js"}',
  "node_modules/@scope/old/main.js": "exports.main = 1;",
  "node_modules/deep/package.json": '{"name":"deep","main":"main.mjs"}',
  "node_modules/deep/main.mjs": 'import "not-there/part";',
  "lib/text.js": "export const text = 1;",
  "lib/away.mjs": 'import "./gone.mjs";',
  "data.json": '{"a":1}',
  "style.css": "a {}",
  "typed.tsx": "export const typed: number = 1;",
};

/** What each runtime says; nothing where it loads the module. */
type Says = Partial<Record<Runtime, string>>;

/** The same of all. */
const all = (text: string): Says => ({ bun: text, deno: text, node: text });
const install = (start: string, pack: string): Says => ({
  bun: `${start}. Run bun add ${pack}`,
  deno: `${start}. Run deno add npm:${pack}`,
  node: `${start}. Run npm install ${pack}`,
});
const alias = (what: string): Says => ({
  bun: `app imports ${what}, an alias that leads to no file. Correct "paths" in tsconfig.json`,
  deno: `app imports ${what}, an alias of tsconfig.json, which Deno does not read. ` +
    'Add it to "imports" in deno.json',
  node: `app imports ${what}, an alias of tsconfig.json, which Node does not read. ` +
    "Write a path, or bundle the app first",
});
const UNKNOWN = "app, or a module that it imports, imports";

/** Code of a module, and what is said: its name is written as `app`, and Node without a version. */
const CASES: [code: string, says: Says][] = [
  // Packages.
  [
    'import "not-there";',
    install("app needs the package not-there, which is not installed", "not-there"),
  ],
  [
    'import "@not/there/part.js";',
    install("app needs the package @not/there, which is not installed", "@not/there"),
  ],
  [
    'import "deep";',
    install(
      "node_modules/deep/main.mjs needs the package not-there, which is not installed",
      "not-there",
    ),
  ],
  [
    'import "modern/nothing";',
    all("app imports modern/nothing, which the installed package modern does not export"),
  ],
  [
    'import "modern/old";',
    all("app imports modern/old, which the installed package modern does not export"),
  ],
  ['import "@scope/old/gone.js";', {
    ...all("app imports @scope/old/gone.js, which the installed package @scope/old does not have"),
    bun: "app imports @scope/old/gone.js, which the installed package @scope/old does not export",
  }],
  // Aliases.
  ['import "@/db";', alias("@/db")],
  ['import "~lib";', alias("~lib")],
  ['import "$lib";', alias("$lib")],
  ['import "config";', alias("config")],
  [
    'import "#nothing";',
    all('app imports #nothing, to which "imports" in package.json gives no file'),
  ],
  ['import "#gone";', {
    ...all("app imports lib/gone.js, which was not found"),
    bun: 'app imports #gone, to which "imports" in package.json gives no file',
  }],
  // Paths.
  ['import "./gone.mjs";', all("app imports gone.mjs, which was not found")],
  ['import "./lib/away.mjs";', all("lib/away.mjs imports lib/gone.mjs, which was not found")],
  ['import "./lib";', all("app imports lib, which is a folder. Name a file in it")],
  ['import "./lib/text";', {
    deno: "app imports lib/text, which was not found. Did you mean lib/text.js?",
    node: "app imports lib/text, which was not found. Did you mean lib/text.js?",
  }],
  // Modules of other runtimes.
  ['import "node:nothing";', {
    bun: "app imports node:nothing, a module that Bun does not have",
    deno: "app imports node:nothing, a module that Deno does not have",
    node: `${UNKNOWN} node:nothing, a module that Node does not have`,
  }],
  ['import "bun";', {
    deno: "app imports bun, which Deno cannot load. Only Bun has it",
    node: "app imports bun, which Node cannot load. Only Bun has it",
  }],
  ['import "bun:sqlite";', {
    deno: "app imports bun:sqlite, which Deno cannot load. Only Bun has it",
    node: `${UNKNOWN} bun:, which Node cannot load. Only Bun has it`,
  }],
  ['import "cloudflare:workers";', {
    bun: "app imports cloudflare:workers, which Bun cannot load. Only Cloudflare Workers have it",
    deno: "app imports cloudflare:workers, which Deno cannot load. Only Cloudflare Workers have it",
    node: `${UNKNOWN} cloudflare:, which Node cannot load. Only Cloudflare Workers have it`,
  }],
  // Files that are no scripts.
  ['import data from "./data.json";', {
    deno: 'app imports JSON, and must be imported with its type: import … with { type: "json" }',
    node: 'data.json must be imported with its type: import … with { type: "json" }',
  }],
  ['import "./style.css";', {
    deno: "app imports style.css, which is no script. Read it as a file, or bundle the app first",
    node: `${UNKNOWN} style.css, which is no script. Read it as a file, or bundle the app first`,
  }],
  ['import "./typed.tsx";', {
    node: "Node cannot load typed.tsx. Compile it first, or serve it with Bun or Deno",
  }],
  // CommonJS.
  ['require("./gone");', all("app imports gone, which was not found")],
  [
    'require("not-there/part");',
    install("app needs the package not-there, which is not installed", "not-there"),
  ],
  [
    'require("modern/nothing");',
    all("app imports modern/nothing, which the installed package modern does not export"),
  ],
];

function project(files: Record<string, string>): string {
  const folder = temporaryFolder();
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

describe.each(runtimes)("scgi serve (%s) says what a module imports", (runtime) => {
  const cases = CASES.filter(([, says]) => says[runtime] !== undefined);

  test.each(cases)("by %s", async (code, says) => {
    const common = code.startsWith("require");
    const name = common ? "app.cjs" : "app.mjs";
    const end = common ? "module.exports = () => {};" : "export default () => {};";
    const child = runIn(project({ ...FILES, [name]: `${code}\n${end}\n` }), runtime, "serve", name);
    expect(await child.exited).toBe(1);
    const said = child.stderr.replaceAll(name, "app").replaceAll(/Node \d[\d.]*/g, "Node");
    expect(said).toBe(`scgi: ${says[runtime]}\n`);
  });

  test.each([
    ['import { nothing } from "modern";', /nothing[^]*modern|modern[^]*nothing/],
    ['import nothing from "./lib/text.js";', /default[^]*lib\/text\.js|lib\/text\.js[^]*default/],
    ['import "./lib/broken.mjs";', /broken\.mjs:1/],
  ])("before the runtime's own words on %s", async (code, says) => {
    const files = { ...FILES, "lib/broken.mjs": "let a = ;\n" };
    const child = runIn(
      project({ ...files, "app.mjs": `${code}\nexport default () => {};\n` }),
      runtime,
      "serve",
      "app.mjs",
    );
    expect(await child.exited).toBe(1);
    expect(child.stderr).toStartWith("scgi: app.mjs could not be loaded:\n");
    expect(child.stderr).toMatch(says);
  });
});
