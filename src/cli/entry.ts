/**
 * Finds the module to serve when the command line does not name it.
 *
 * @module
 */

import { fileSystem } from "../runtime/system/file-system.ts";
import { CommandError } from "./error.ts";
import { parseJsonc } from "./jsonc.ts";

/** A default export, an export named `fetch`, and those of CommonJS. */
const EXPORTS_APP =
  /^(?:export (?:default\b|\{.*\bas default\b|(?:const|(?:async )?function) fetch\b)|(?:module\.)?exports(?:\.(?:default|fetch))? = )/m;

/**
 * The module that package.json or deno.json names.
 *
 * @throws {CommandError} where neither names a file that exists; its message suggests a command.
 */
export function findEntry(): string {
  const named = [...namedInPackage(), ...namedInDeno()];
  const found = named.find(({ file }) => isFile(file));
  if (found !== undefined) return found.file;
  const [missing] = named;
  const why = missing === undefined
    ? "A module must be given, here or in package.json or deno.json"
    : `A module must be given: ${missing.file}, which ${missing.by} names, was not found`;
  throw new CommandError(`${why}. ${suggestion()}`);
}

/** A module's file, and the file that names it. */
interface Named {
  file: string;
  by: string;
}

function namedInPackage(): Named[] {
  const by = "package.json";
  const { module, main } = readJson(by);
  return [module, main].filter(isText).map((file) => ({ file, by }));
}

function namedInDeno(): Named[] {
  return ["deno.json", "deno.jsonc"].flatMap((by) => {
    const { exports } = readJson(by);
    const file = isText(exports) ? exports : (exports as { "."?: unknown } | undefined)?.["."];
    return isText(file) ? [{ file, by }] : [];
  });
}

function readJson(file: string): Record<string, unknown> {
  if (!isFile(file)) return {};
  try {
    const value: unknown = parseJsonc(fileSystem.read(file));
    return typeof value === "object" && value !== null ? value as Record<string, unknown> : {};
  } catch (error) {
    throw new CommandError(
      `${file} cannot be read: ${(error as Error).message}. Correct it, or name the module`,
      1,
    );
  }
}

/** Commands that serve the modules of this folder that look like apps. */
function suggestion(): string {
  const apps = fileSystem.names(".").filter(looksLikeApp).sort().slice(0, 3);
  if (apps.length > 0) return `Type ${apps.map((app) => `\`scgi serve ${app}\``).join(" or ")}`;
  return "Type `scgi serve app.ts`, where app.ts has export default { fetch(request) { … } }";
}

function looksLikeApp(name: string): boolean {
  if (!/^[^.]+\.[cm]?[jt]sx?$/.test(name) || !isFile(name)) return false;
  const text = fileSystem.read(name);
  return EXPORTS_APP.test(text) && /\b(fetch|Hono|Response)\b/.test(text);
}

function isFile(path: string): boolean {
  return fileSystem.stat(path)?.kind === "file";
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}
