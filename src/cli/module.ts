/**
 * Loads the module that the command serves.
 *
 * @module
 */

import path from "node:path";
import { pathToFileURL } from "node:url";
import { formatAddress, parseAddress } from "../address.ts";
import type { App } from "../server/handler.ts";
import type { ListenAt } from "../server/options.ts";
import { quoted } from "../scgi/printable.ts";
import { ownProcess } from "../runtime/system/process.ts";
import { fileSystem } from "../runtime/system/file-system.ts";
import { CommandError } from "./error.ts";
import { loadFailure } from "./load-failure.ts";
import { nearest } from "./nearest.ts";

/** A module's default export: an app, and the address that it exports. */
export interface AppModule {
  app: App;
  listenAt: ListenAt;
}

/**
 * The absolute path of a module.
 *
 * @throws {CommandError} where the path is missing or a folder.
 */
export function findModule(name: string): string {
  // Without a base, `path.resolve` loads `process` on Deno. An absolute path needs no working
  // directory, which may have been removed.
  const file = path.resolve(path.isAbsolute(name) ? "/" : ownProcess.cwd(), name);
  const kind = fileSystem.stat(file)?.kind;
  if (kind === undefined) {
    const near = suggestion(file) || ". Name the file of your app";
    throw new CommandError(`The module ${name} was not found${near}`, 1);
  }
  if (kind !== "folder") return file;
  throw new CommandError(`${name} is a folder. Name the file of your app in it`, 1);
}

/** Suggests a file with another extension or nearly the same name. */
function suggestion(file: string): string {
  const { dir, name, base } = path.parse(file);
  const others = namesIn(dir).filter((other) => /\.[cm]?[jt]sx?$/.test(other)).sort();
  const same = others.find((other) => path.parse(other).name === name);
  const near = same ?? nearest(base, others);
  return near === undefined ? "" : `. Did you mean ${path.relative("", path.join(dir, near))}?`;
}

function namesIn(folder: string): string[] {
  try {
    return fileSystem.names(folder);
  } catch {
    return [];
  }
}

/**
 * Loads a module.
 *
 * @throws {CommandError} where the module cannot be loaded or exports no handler.
 */
export async function loadApp(name: string): Promise<AppModule> {
  const file = findModule(name);
  const { default: app } = await importFile(file, name);
  if (
    typeof app !== "function" &&
    typeof (app as { fetch?: unknown } | undefined)?.fetch !== "function"
  ) {
    throw new CommandError(
      `${name} must export a handler: export default { fetch(request) { … } }`,
      1,
    );
  }
  return { app: app as App, listenAt: listenAt(app as Record<string, unknown>, name) };
}

async function importFile(file: string, name: string): Promise<{ default?: unknown }> {
  try {
    return await import(pathToFileURL(file).href);
  } catch (error) {
    throw loadFailure(name, error);
  }
}

/** The address of a default export: `port`, `hostname` and `unix`, as Bun reads them. */
function listenAt({ port, hostname, unix }: Record<string, unknown>, name: string): ListenAt {
  const exported: ListenAt = {};
  if (unix !== undefined) exported.unix = String(unix);
  else {
    if (port !== undefined) exported.port = Number(port);
    if (hostname !== undefined) exported.hostname = String(hostname);
  }
  try {
    if (exported.port !== undefined) formatAddress(parseAddress({ port: exported.port }));
  } catch {
    throw new CommandError(
      `The port that ${name} exports must be a whole number from 0 to 65535, not ${quoted(port)}`,
      1,
    );
  }
  return exported;
}
