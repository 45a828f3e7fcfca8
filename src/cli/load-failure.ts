/**
 * What to do about a module that does not load. Each runtime says it in words of its own.
 *
 * @module
 */

import path from "node:path";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";
import { INSTALL } from "../runtime/system/differences.ts";
import { CommandError } from "./error.ts";

/** An import of what is not there, as Bun and Node say it and in the two ways that Deno does. */
const MISSING = [
  /^Cannot find (?:module|package) '(?<what>[^']+)' imported from (?<from>[^\n]+)/,
  /^Module not found "(?<what>[^"]+)"[^]*? at (?<from>file:\S+?):\d+:\d+/,
  /^Import "(?<what>[^"]+)" not a dependency[^]*? at (?<from>file:\S+?):\d+:\d+/,
];

/** An error that says what to do. */
export function loadFailure(name: string, error: unknown): CommandError {
  const { code, message } = partsOf(error);
  const text = stripVTControlCharacters(message);
  if (code === "ERR_UNKNOWN_FILE_EXTENSION") {
    return new CommandError(
      `Node ${globalThis.process.versions.node} cannot load ${name}: it takes JavaScript alone. ` +
        "Compile it first, or serve it with Bun or Deno",
      1,
    );
  }
  const missing = MISSING.map((form) => form.exec(text)?.groups).find((groups) => groups);
  if (missing !== undefined) return absent(missing.what!, missing.from!);
  // Where Deno's message names the place, its stack has nothing but this command.
  const cause = /file:\S+:\d+:\d+/.test(text) ? text : error;
  return new CommandError(`${name} does not load`, 1, { cause });
}

/** What an error says of itself; what a module throws can be anything. */
function partsOf(error: unknown): { code?: unknown; message: string } {
  try {
    const { code, message = "" } = Object(error) as { code?: unknown; message?: unknown };
    return { code, message: String(message) };
  } catch {
    return { message: "" };
  }
}

function absent(what: string, from: string): CommandError {
  const importer = toPath(from);
  const shown = path.relative("", importer);
  if (/^(\.{0,2}\/|file:)/.test(what)) {
    const file = path.relative("", path.resolve(path.dirname(importer), toPath(what)));
    return new CommandError(`${shown} imports ${file}, which is not there`, 1);
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
