/**
 * `npm run build`: makes dist/, which is what the package has of src/.
 *
 * The JavaScript is minified, as it would be twice as much otherwise; its source maps have the
 * sources in them. Where two entry points need the same, it is in a file of its own in parts/.
 */

import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import process from "node:process";

const root = join(import.meta.dirname, "../..");
const dist = join(root, "dist");

/** What can be imported. */
const ENTRIES = ["mod", "client", "gateway", "hono", "protocol"];
/** What is run: the command, and what `scgi run` loads first. */
const PROGRAMS = ["cli", "cli/preload"];

async function buildScripts(): Promise<void> {
  const { outputs } = await Bun.build({
    entrypoints: [...ENTRIES, ...PROGRAMS].map((name) => join(root, "src", `${name}.ts`)),
    root: join(root, "src"),
    outdir: dist,
    naming: { entry: "[dir]/[name].[ext]", chunk: "parts/[hash].[ext]" },
    target: "node",
    external: ["hono"],
    splitting: true,
    minify: true,
    sourcemap: "linked",
    plugins: [{
      name: "the version alone of deno.json",
      setup(build) {
        build.onLoad({ filter: /\/deno\.json$/ }, async ({ path }) => {
          const { version } = await Bun.file(path).json();
          return { contents: JSON.stringify({ version }), loader: "json" };
        });
      },
    }],
  });
  for (const { path } of outputs) {
    rewrite(path, path.endsWith(".map") ? (text) => findSources(text, path) : withoutId);
  }
}

/** Bun gives the paths of the sources from dist, wherever the map is. */
function findSources(text: string, path: string): string {
  const { debugId: _, ...map } = JSON.parse(text);
  const sources = map.sources.map((name: string) => relative(dirname(path), join(dist, name)));
  return JSON.stringify({ ...map, sources });
}

/** The identifier that joins a script and its map for services that collect errors: 2 kB in all. */
function withoutId(text: string): string {
  return text.replace(/\n+\/\/# debugId=\w+$/m, "");
}

/** The import of another file, in a declaration. */
const IMPORT = /((?:from |import\()")(\.[^"]*)\.ts"/g;

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
    rewrite(file, (text) => withLibrary(text.replace(IMPORT, declare)));
  }
  for (const name of readdirSync(dist, { recursive: true, encoding: "utf8" })) {
    const file = join(dist, name);
    if (name.endsWith(".d.ts") && !kept.has(file)) rmSync(file);
  }
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

function rewrite(file: string, change: (text: string) => string): void {
  writeFileSync(file, change(readFileSync(file, "utf8")));
}

rmSync(dist, { recursive: true, force: true });
buildDeclarations();
await buildScripts();
