/**
 * Moves the code of most files of a folder of sources in JavaScript into one, from which each exports
 * what it exported before.
 */

import { globSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { rolldown } from "rolldown";

const folder = process.argv[2]!;

/** Entry points, and files that do something once they are loaded. */
const APART = /\/src\/(?:(?!errors|address)[^/]+|cli\/(?:preload|refuse-serve).js)$/;

const names = globSync("**/*.js", { cwd: folder }).map((file) => file.replace(/\.js$/, ""));
const bundle = await rolldown({
  input: Object.fromEntries(names.map((name) => [name, join(folder, `${name}.js`)])),
  preserveEntrySignatures: "allow-extension",
  platform: "node",
  external: [/^node:/, "hono"],
  checks: { ineffectiveDynamicImport: false },
});
await bundle.write({
  dir: folder,
  format: "esm",
  chunkFileNames: "parts/[name].js",
  codeSplitting: {
    includeDependenciesRecursively: false,
    groups: [{ name: "joined", test: (file) => !APART.test(file) }],
  },
});
