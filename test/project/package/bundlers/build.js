/**
 * Bundles an app by the bundlers of this folder, in one process: `node build.js APP FOLDER`. They are told
 * where the app is and that it runs on Node, and nothing that is for the package.
 */

import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { nodeResolve } from "@rollup/plugin-node-resolve";
import ncc from "@vercel/ncc";
import { rollup } from "rollup";
import { build } from "vite";
import webpack from "webpack";

const [app, out] = process.argv.slice(2);

async function byRollup() {
  const bundle = await rollup({ input: app, external: /^node:/, plugins: [nodeResolve()] });
  await bundle.write({ file: join(out, "rollup.mjs"), format: "es" });
}

async function byVite() {
  await build({
    root: dirname(app),
    configFile: false,
    logLevel: "error",
    ssr: { noExternal: true },
    build: {
      ssr: app,
      outDir: join(out, "vite"),
      rollupOptions: { output: { entryFileNames: "app.mjs" } },
    },
  });
}

function byWebpack() {
  const output = { path: out, filename: "webpack.cjs" };
  // To minify what is minified takes it four of five seconds.
  const optimization = { minimize: false };
  const settings = { mode: "production", target: "node", entry: app, output, optimization };
  return new Promise((resolve, reject) => {
    webpack(settings, (error, stats) => {
      if (error === null && !stats.hasErrors()) resolve();
      else reject(error ?? new Error(stats.toString("errors-only")));
    });
  });
}

async function byNcc() {
  const { code, assets } = await ncc(app, { quiet: true });
  writeFileSync(join(out, "ncc.mjs"), code);
  for (const [name, { source }] of Object.entries(assets)) writeFileSync(join(out, name), source);
}

await Promise.all([byRollup(), byVite(), byWebpack(), byNcc()]);
process.exit();
