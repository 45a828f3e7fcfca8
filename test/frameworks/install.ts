/**
 * Installs the frameworks, apart from the project's own packages, as their lockfile names them, and
 * builds what has to be built.
 */

import { spawnSync } from "node:child_process";
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { root } from "../support/root.ts";

/** The folder of the apps and of their packages. */
export const folder: string = join(root, "test/frameworks/apps");

/** What was installed and built, as {@linkcode wanted} says it. */
const installed = join(folder, "node_modules/.scgi-installed");
/** The process that makes this folder installs; others wait. */
const turn = join(root, "node_modules/.scgi-frameworks");

/** Installs the packages and builds the apps, unless that was done. */
export function installFrameworks(): void {
  while (!isInstalled()) {
    if (!takeTurn()) {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
      continue;
    }
    try {
      if (!isInstalled()) install();
    } finally {
      rmSync(turn, { recursive: true, force: true });
    }
  }
}

function isInstalled(): boolean {
  return read(installed) === wanted();
}

/** All that the installation and the build come from. */
function wanted(): string {
  const sources = [
    "package-lock.json",
    "upstream.js",
    "sveltekit/build.js",
    "sveltekit/vite.config.js",
    "sveltekit/pages/**/*.*",
  ];
  const files = sources.flatMap((source) => globSync(source, { cwd: folder }).sort());
  return files.map((file) => readFileSync(join(folder, file), "utf8")).join("\n");
}

function install(): void {
  const outcome = wanted();
  // Where Deno alone is installed, test/setup/bun.ts has brought Bun.
  if (Bun.which("npm") !== null) run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund");
  else run(process.execPath, "install", "--frozen-lockfile", "--ignore-scripts", "--no-save");
  run(process.execPath, "sveltekit/build.js");
  writeFileSync(installed, outcome);
}

function run(program: string, ...words: string[]): void {
  const { status, error, stdout, stderr } = spawnSync(program, words, {
    cwd: folder,
    encoding: "utf8",
  });
  if (error) throw error;
  if (status === 0) return;
  const command = [program, ...words].join(" ");
  throw new Error(`${command} ended with status ${status}:\n${stdout}${stderr}`);
}

/** Whether it is this process's turn; the turn of a process that is gone is over. */
function takeTurn(): boolean {
  try {
    mkdirSync(turn);
    writeFileSync(join(turn, "pid"), String(process.pid));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    const pid = read(join(turn, "pid"));
    if (pid !== undefined && !runs(Number(pid))) rmSync(turn, { recursive: true, force: true });
    return false;
  }
}

function runs(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
