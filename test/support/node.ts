/**
 * The project as JavaScript, for Node: `src`, with its files in their places and most of their code in
 * one, and beside it the scripts and apps of the tests. test/setup/build.ts makes what the package has.
 */

import { spawnSync } from "node:child_process";
import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, extname, join, relative, resolve } from "node:path";
import process from "node:process";
import { BUILD, root } from "./root.ts";

const folder = join(root, BUILD);
/** Apps in JavaScript, with packages of their own. */
const APPS = join(root, "test/frameworks/apps");

/** Tells the processes that this one starts that it is built already. */
const BUILT_VARIABLE = "BUILT_FOR_NODE";

/** Names another Node than that of `PATH`. */
export const NODE_VARIABLE = "TESTED_NODE";

/** The Node of `PATH`; undefined where there is none. */
export const nodeOfPath: string | undefined = (process.env.PATH ?? "").split(delimiter)
  .map((path) => join(path, "node")).find((path) => existsSync(path));

/** Node's program; undefined where there is none. */
export const node: string | undefined = process.env[NODE_VARIABLE] ?? nodeOfPath;

/** The version of a Node, as in `[24, 22, 3]`. */
export function versionOf(program: string): number[] {
  const { stdout } = spawnSync(program, ["-p", "process.versions.node"], { encoding: "utf8" });
  return stdout.trim().split(".").map(Number);
}

/** Whether the Node of the tests can listen on a port that another process has. */
export function nodeSharesPorts(): boolean {
  const [major = 0, minor = 0] = versionOf(node!);
  return major > 23 || major === 23 && minor > 0 || major === 22 && minor > 11;
}

let built = process.env[BUILT_VARIABLE] !== undefined;

/** Builds it. */
export function buildForNode(): void {
  built = true;
  process.env[BUILT_VARIABLE] = "1";
  rmSync(folder, { recursive: true, force: true });
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [
      join(root, "node_modules/typescript/bin/tsc"),
      ...["--project", root, "--noEmit", "false", "--noCheck"],
      ...["--rewriteRelativeImportExtensions"],
      ...["--rootDir", root, "--outDir", folder, "--target", "ES2022"],
    ],
    { encoding: "utf8" },
  );
  if (status !== 0) throw new Error(`The build for Node failed:\n${stdout}${stderr}`);
  for (const part of ["test", "examples"]) {
    const filter = (path: string) => extname(path) !== ".ts" && path !== APPS;
    cpSync(join(root, part), join(folder, part), { recursive: true, filter });
  }
  const { exports: sources } = JSON.parse(readFileSync(join(root, "deno.json"), "utf8"));
  const exports = Object.fromEntries(
    Object.entries(sources as Record<string, string>).map(([key, file]) => [key, inJs(file)]),
  );
  joinSources();
  const manifest = { name: "scgi", type: "module", exports };
  writeFileSync(join(folder, "package.json"), JSON.stringify(manifest));
}

/** Node takes 60 ms of the processor more to load the files of a command one by one. */
function joinSources(): void {
  const script = join(root, "test/setup/join-sources.ts");
  const { status, stderr } = spawnSync(process.execPath, [script, join(folder, "src")], {
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`The build for Node failed:\n${stderr}`);
}

/** A word of a command line: where it names a module of the project, the built one. */
export function forNode(word: string): string {
  const file = resolve(root, word);
  if (!word.endsWith(".ts") || !file.startsWith(root) || !existsSync(file)) return word;
  if (!built) buildForNode();
  return join(folder, inJs(relative(root, file)));
}

function inJs(file: string): string {
  return file.replace(/\.ts$/, ".js");
}
