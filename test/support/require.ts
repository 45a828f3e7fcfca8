/** Web servers and browsers that a test needs and a machine may lack. */

import { describe, test } from "bun:test";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import process from "node:process";

/** Each tool that tests ask for, with the names its program goes by. */
const programs = {
  nginx: ["nginx"],
  lighttpd: ["lighttpd"],
  apache: ["apache2", "httpd"],
  cherokee: ["cherokee-worker", "cherokee"],
  chromium: ["chromium", "chromium-browser", "google-chrome"],
} as const;

/** A program that is not part of the project. */
export type Tool = keyof typeof programs;

const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/usr/local/sbin"];

/** The path of a tool's program, or undefined where it is not installed. */
export function findTool(tool: Tool): string | undefined {
  const paths = programs[tool].flatMap((name) => folders.map((folder) => join(folder, name)));
  return paths.find(isProgram);
}

/** The path of a tool's program; throws, with the line to type, where it is not installed. */
export function requireTool(tool: Tool): string {
  const path = findTool(tool);
  if (path === undefined) throw new Error(missing(tool));
  return path;
}

/**
 * A `describe` that runs where the tool is installed. Elsewhere it is one skipped test that
 * names the line to type, or, with `REQUIRE_WEB_SERVERS=1`, one failing test.
 */
export function describeWith(tool: Tool, name: string, tests: () => void): void {
  if (findTool(tool) !== undefined) describe(name, tests);
  else if (process.env.REQUIRE_WEB_SERVERS === "1") test(name, () => void requireTool(tool));
  else test.skip(`${name} (${missing(tool)})`, () => {});
}

function missing(tool: Tool): string {
  return `${tool} is not installed: npm run setup:web-servers`;
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
