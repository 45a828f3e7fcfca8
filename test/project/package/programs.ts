/** The programs that a user of the package has: runtimes, npm, compilers. */

import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";

/** The folder of this checkout. */
export const root: string = join(import.meta.dirname, "../../..");

/** npm and Node come together, and are not among what the checkout installs. */
export const hasNpm: boolean = Bun.which("npm") !== null && Bun.which("node") !== null;
export const npm: string = Bun.which("npm") ?? "npm";
const node = Bun.which("node") ?? "node";
export const bun: string = process.execPath;
export const deno: string = join(root, "node_modules/deno/deno");

/** A program of this checkout's node_modules, and what runs it. */
export function tool(file: string): string[] {
  return [node, join(root, "node_modules", file)];
}

/** How each runtime runs a file of a project that has a node_modules folder. */
export const runtimes = {
  node: [node],
  bun: [bun],
  deno: [deno, "run", "-A", "--node-modules-dir=manual"],
} as const;
export type Runtime = keyof typeof runtimes;

/** What a user's shell has: nothing of the `npm test` that runs this. */
const env: Record<string, string | undefined> = {
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name))),
  NO_COLOR: "1",
};

/** Runs a program to its end. */
export function run(
  cwd: string,
  [program, ...args]: readonly string[],
): { status: number | null; stdout: string; stderr: string } {
  const options = { cwd, env, encoding: "utf8", timeout: 60_000 } as const;
  const { error, ...result } = spawnSync(program!, args, options);
  if (error) throw error;
  return result;
}

/** Runs a program to its end and gives its output; throws that where its status is not 0. */
export function output(cwd: string, words: readonly string[]): string {
  const { status, stdout, stderr } = run(cwd, words);
  if (status === 0) return stdout;
  throw new Error(`${words.join(" ")} ended with status ${status}:\n${stdout}${stderr}`);
}

/** Installs the packages of a folder as its lockfile names them, unless that was done. */
export function install(folder: string): void {
  const lock = readFileSync(join(folder, "package-lock.json"), "utf8");
  const installed = join(folder, "node_modules/.scgi-installed");
  if (existsSync(installed) && readFileSync(installed, "utf8") === lock) return;
  output(folder, [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]);
  writeFileSync(installed, lock);
}
