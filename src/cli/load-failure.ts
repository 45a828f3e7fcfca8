/**
 * Explains why a module cannot be loaded, from the error of each runtime.
 *
 * @module
 */

import path from "node:path";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";
import { INSTALL } from "../runtime/system/conventions.ts";
import { CommandError } from "./error.ts";

/** The messages about an import that was not found: of Bun and Node, and two of Deno. */
const MISSING = [
  /^Cannot find (?:module|package) '(?<what>[^']+)' imported from (?<from>[^\n]+)/,
  /^Module not found "(?<what>[^"]+)"[^]*? at (?<from>file:\S+?):\d+:\d+/,
  /^Import "(?<what>[^"]+)" not a dependency[^]*? at (?<from>file:\S+?):\d+:\d+/,
];

/** The error for a module that cannot be loaded: says what to do where the cause is known. */
export function loadFailure(name: string, error: unknown): CommandError {
  const { code, message } = partsOf(error);
  const text = stripVTControlCharacters(message);
  if (code === "ERR_UNKNOWN_FILE_EXTENSION") {
    return new CommandError(
      `Node ${globalThis.process.versions.node} cannot load ${name}: it runs JavaScript only. ` +
        "Compile it first, or serve it with Bun or Deno",
      1,
    );
  }
  const missing = MISSING.map((form) => form.exec(text)?.groups).find((groups) => groups);
  if (missing !== undefined) return missingImport(missing.what!, missing.from!);
  // A message of Deno that names the place makes its stack useless: it shows only this command.
  const cause = /file:\S+:\d+:\d+/.test(text) ? text : error;
  return new CommandError(`${name} could not be loaded`, 1, { cause });
}

/** The code and the message of a thrown value, which may be anything. */
function partsOf(error: unknown): { code?: unknown; message: string } {
  try {
    const { code, message = "" } = Object(error) as { code?: unknown; message?: unknown };
    return { code, message: String(message) };
  } catch {
    return { message: "" };
  }
}

function missingImport(what: string, from: string): CommandError {
  const importer = toPath(from);
  const shown = path.relative("", importer);
  if (/^(\.{0,2}\/|file:)/.test(what)) {
    const file = path.relative("", path.resolve(path.dirname(importer), toPath(what)));
    return new CommandError(`${shown} imports ${file}, which was not found`, 1);
  }
  const pack = /^(?:@[^/]+\/)?[^/]+/.exec(what)?.[0];
  return new CommandError(
    `${shown} needs the package ${pack}, which is not installed. Run ${INSTALL}${pack}`,
    1,
  );
}

function toPath(file: string): string {
  return file.startsWith("file:") ? fileURLToPath(file) : file;
}
