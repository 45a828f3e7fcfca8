/** Installs the frameworks, apart from the project's own packages, as their lockfile names them. */

import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { root } from "../support/root.ts";

/** Where they are. */
export const folder: string = join(root, "test/frameworks/apps");

const lockfile = join(folder, "package-lock.json");
/** A copy of the lockfile that was installed. */
const installed = join(folder, "node_modules/.installed-package-lock.json");
/** Whoever makes this folder installs; the others wait. */
const turn = join(root, "node_modules/.scgi-frameworks");

/** Installs them, unless they are there. */
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
  return read(installed) === read(lockfile);
}

function install(): void {
  const { status, error, stdout, stderr } = spawnSync("npm", ["ci", "--ignore-scripts"], {
    cwd: folder,
    encoding: "utf8",
  });
  if (error) throw error;
  if (status !== 0) throw new Error(`npm ci ended with status ${status}:\n${stdout}${stderr}`);
  writeFileSync(installed, read(lockfile)!);
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
