/** Makes SvelteKit's demo app with SvelteKit's own command, and builds it for Bun and for Deno. */

import { execFileSync } from "node:child_process";
import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";

const here = import.meta.dirname;
const demo = join(here, "demo");
const program = (path) => join(here, "../node_modules", path);
const run = (cwd, ...words) =>
  execFileSync(process.execPath, words, { cwd, stdio: ["ignore", "inherit", "inherit"] });

rmSync(demo, { recursive: true, force: true });
const choices = ["--template", "demo", "--no-types", "--no-add-ons", "--no-install"];
run(here, program("sv/dist/bin.mjs"), "create", "demo", ...choices);
cpSync(join(here, "vite.config.js"), join(demo, "vite.config.js"));
cpSync(join(here, "pages"), join(demo, "src/routes"), { recursive: true });
run(demo, program("vite/bin/vite.js"), "build");
