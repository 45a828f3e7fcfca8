/**
 * `npm run build`: makes dist/, which is what the package has of src/.
 *
 * The JavaScript is minified, as it would be twice as much otherwise; its source maps lead to the
 * sources, which are in the package as well. Where two entry points need the same, it is in a file
 * of its own in parts/.
 */

import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import {
  decode,
  encode,
  type SourceMapLine,
  type SourceMapSegment,
} from "@jridgewell/sourcemap-codec";
import { rolldown } from "rolldown";

const root = join(import.meta.dirname, "../..");
const dist = join(root, "dist");

/** What can be imported. */
const ENTRIES = ["mod", "client", "gateway", "hono", "protocol", "testing", "websocket"];
/** What an entry point imports that is, in the package, of Bun and Deno alone: `#own` of package.json. */
const OWN = "./runtime/own.ts";
/** The import or the export of values of another file. */
const VALUES = /^(?:im|ex)port (?!type)(?:[^;"]*? from )?"(\.[^"]+)"/gm;
/** What is run: the command, and what `scgi run` loads first in the script and in its threads. */
const PROGRAMS = ["cli", "cli/preload", "cli/refuse-serve"];
/** What `#own` loads: nothing of it may be in the part of servers, which loads `#own` itself. */
const FOR_OWN = reachedFrom("runtime/own").add(join(root, "src/runtime/own.ts"));
/** What the entry points load at once that need no runtime of their own. */
const CORE = reachedFrom("client", "gateway", "protocol");
const SERVER = reachedFrom("mod");
const WEBSOCKET = reachedFrom("hono", "websocket");
const COMMAND = reachedFrom("cli");
/**
 * Files of what is loaded together. Bun reads 20 kB in a millisecond, so what a server does not need is
 * apart; a part for each runtime would save it half a millisecond, and Deno and Node nothing. A source is
 * in the first part whose test holds.
 */
const PARTS: { name: string; test: (file: string) => boolean; minShareCount?: number }[] = [
  { name: "own", test: (file) => FOR_OWN.has(file) && !CORE.has(file) },
  { name: "client", test: (file) => /\/src\/client\//.test(file), minShareCount: 2 },
  { name: "config", test: (file) => /\/src\/(?:cli\/)?config/.test(file) },
  { name: "core", test: (file) => CORE.has(file) },
  { name: "server", test: (file) => SERVER.has(file) },
  { name: "websocket", test: (file) => WEBSOCKET.has(file) },
  { name: "command", test: (file) => COMMAND.has(file) || file === join(root, "deno.json") },
];

/** The sources that entry points load at once. */
function reachedFrom(...entries: string[]): Set<string> {
  const reached = new Set(entries.map((name) => join(root, "src", `${name}.ts`)));
  for (const file of reached) {
    const text = readFileSync(file, "utf8");
    for (const [, name] of text.matchAll(VALUES)) {
      if (name !== OWN) reached.add(join(dirname(file), name!));
    }
  }
  for (const name of entries) reached.delete(join(root, "src", `${name}.ts`));
  return reached;
}

async function buildScripts(): Promise<void> {
  const files = [...ENTRIES, ...PROGRAMS].map((name) => [name, join(root, "src", `${name}.ts`)]);
  const bundle = await rolldown({
    input: Object.fromEntries(files),
    preserveEntrySignatures: "allow-extension",
    platform: "node",
    external: [/^node:/, "hono"],
    // What is loaded late may be in a part that is loaded at once.
    checks: { ineffectiveDynamicImport: false },
    plugins: [{
      name: "the own runtime of an entry point, by the conditions of package.json",
      resolveId(source, importer) {
        if (source !== OWN || dirname(importer!) !== join(root, "src")) return null;
        return { id: "#own", external: true };
      },
    }, {
      name: "the version alone of deno.json",
      load(id) {
        if (id !== join(root, "deno.json")) return null;
        const { version } = JSON.parse(readFileSync(id, "utf8"));
        return { code: JSON.stringify({ version }), moduleType: "json" };
      },
    }],
  });
  await bundle.write({
    dir: dist,
    format: "esm",
    chunkFileNames: "parts/[name].js",
    minify: true,
    sourcemap: true,
    sourcemapExcludeSources: true,
    comments: false,
    codeSplitting: {
      includeDependenciesRecursively: false,
      groups: PARTS.map((part, index) => ({ ...part, priority: PARTS.length - index })),
    },
  });
}

/**
 * Leaves of the source maps what stack traces need, the lines: Deno reads the maps at its start, and
 * with the places and names of all words, and the sources, that takes it 2 ms.
 */
function thinMaps(): void {
  for (const file of filesOf(dist, ".js.map")) {
    rewrite(file, (text) => {
      const map = JSON.parse(text) as { mappings: string };
      const mappings = encode(decode(map.mappings).map(firstOfEachLine));
      return JSON.stringify({ ...map, mappings, names: [] });
    });
  }
}

function firstOfEachLine(segments: SourceMapLine): SourceMapLine {
  return segments.filter(([, source, line], index) => {
    const [, sourceBefore, lineBefore] = segments[index - 1] ?? [];
    return source !== sourceBefore || line !== lineBefore;
  }).map((segment) => segment.slice(0, 4) as SourceMapSegment);
}

/** The import of another file, in a declaration. */
const IMPORT = /((?:from |import\()")(\.[^"]*)\.ts"/g;

/** An import for what it does, which declares nothing. */
const EFFECT = /^import "[^"]*";\n/gm;

/** Makes all declarations, and keeps those that the entry points lead to. */
function buildDeclarations(): void {
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  const { status } = spawnSync(process.execPath, [tsc, "-p", "src"], {
    cwd: root,
    stdio: "inherit",
  });
  if (status !== 0) throw new Error(`tsc ended with status ${status}`);
  const kept = new Set(ENTRIES.map((name) => join(dist, `${name}.d.ts`)));
  for (const file of kept) {
    const declare = (_: string, start: string, name: string): string => {
      kept.add(join(dirname(file), `${name}.d.ts`));
      return `${start}${name}.js"`;
    };
    // Not every tool looks for a.d.ts where a.ts is imported.
    rewrite(file, (text) => withLibrary(text.replace(EFFECT, "").replace(IMPORT, declare)));
  }
  for (const file of filesOf(dist, ".d.ts")) if (!kept.has(file)) rmSync(file);
}

/**
 * The standard library of a user's compiler may be older than `await using`. In the sources this
 * cannot stand: JSR refuses it.
 */
function withLibrary(text: string): string {
  return text.includes("Symbol.asyncDispose")
    ? `/// <reference lib="esnext.disposable" />\n${text}`
    : text;
}

function filesOf(folder: string, end: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(end))
    .map((name) => join(folder, name));
}

function rewrite(file: string, change: (text: string) => string): void {
  writeFileSync(file, change(readFileSync(file, "utf8")));
}

rmSync(dist, { recursive: true, force: true });
buildDeclarations();
await buildScripts();
// What `#own` leads to on Node and with bundlers.
writeFileSync(join(dist, "parts/none.js"), "export{};");
thinMaps();
