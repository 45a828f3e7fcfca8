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
import { ownProcess } from "../runtime/system/process.ts";
import { fileSystem } from "../runtime/system/file-system.ts";
import { CommandError } from "./error.ts";
import { loadFailure } from "./load-failure.ts";
import { nearest } from "./nearest.ts";

/** A module's default export: an app, and where it wants to listen. */
export interface AppModule {
  app: App;
  listenAt: ListenAt;
}

/**
 * The path of a module.
 *
 * @throws {CommandError} where there is none.
 */
export function findModule(name: string): string {
  // Deno looks at `process` for a folder to start from, and a path from / on may have none.
  const file = path.resolve(path.isAbsolute(name) ? "/" : ownProcess.cwd(), name);
  const kind = fileSystem.stat(file)?.kind;
  if (kind === undefined) {
    const near = meant(file) || ". Name the file of your app";
    throw new CommandError(`There is no module ${name}${near}`, 1);
  }
  if (kind !== "folder") return file;
  throw new CommandError(`${name} is a folder. Name the file of your app in it`, 1);
}

/** The file that may have been meant: it has another extension, or nearly the same name. */
function meant(file: string): string {
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
 * @throws {CommandError} where there is no such module, or no handler in it.
 */
export async function loadApp(name: string): Promise<AppModule> {
  const file = findModule(name);
  const { default: app } = await importFile(file, name);
  if (
    typeof app !== "function" &&
    typeof (app as { fetch?: unknown } | undefined)?.fetch !== "function"
  ) {
    throw new CommandError(
      `${name} has no handler. Let it export one: export default { fetch(request) { … } }`,
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

/** `port`, `hostname` and `unix`, as the default exports of Bun have them. */
function listenAt({ port, hostname, unix }: Record<string, unknown>, name: string): ListenAt {
  const wanted: ListenAt = {};
  if (unix !== undefined) wanted.unix = String(unix);
  else {
    if (port !== undefined) wanted.port = Number(port);
    if (hostname !== undefined) wanted.hostname = String(hostname);
  }
  try {
    if (wanted.port !== undefined) formatAddress(parseAddress({ port: wanted.port }));
  } catch {
    throw new CommandError(`${name} exports the port ${String(port)}, which is none`, 1);
  }
  return wanted;
}
