/**
 * Loads the module that the command serves.
 *
 * @module
 */

import path from "node:path";
import { pathToFileURL } from "node:url";
import { HIGHEST_PORT } from "../address.ts";
import { isInstance } from "../errors.ts";
import type { App } from "../server/handler.ts";
import type { ListenAt, ServeOptions } from "../server/options.ts";
import { quoted } from "../scgi/printable.ts";
import { fileSystem } from "../runtime/system/file-system.ts";
import { absolutePath } from "./absolute-path.ts";
import { CommandError } from "./error.ts";
import { type ExportedApp, type Exports, findApp } from "./exported-app.ts";
import { loaded } from "./loading.ts";
import { namesIn } from "./names-in.ts";
import { nearest } from "./nearest.ts";

/** The app of a module, and the address that it exports. */
export interface AppModule {
  app: App;
  /**
   * The address that the module exports; empty where options give another.
   *
   * @throws {CommandError} for an exported value that is no address.
   */
  listenAt(options: ServeOptions): ListenAt;
}

/**
 * The absolute path of a module.
 *
 * @throws {CommandError} where the path is missing or a folder.
 */
export function findModule(name: string): string {
  const file = absolutePath(name);
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
  const others = namesIn(dir).filter((other) => /\.[cm]?[jt]sx?$/.test(other));
  const same = others.find((other) => path.parse(other).name === name);
  const near = same ?? nearest(base, others);
  return near === undefined ? "" : `. Did you mean ${path.relative("", path.join(dir, near))}?`;
}

/**
 * Loads a module.
 *
 * @throws {CommandError} where the module cannot be loaded or exports no handler.
 */
export async function loadApp(name: string): Promise<AppModule> {
  const file = findModule(name);
  const { app, owner } = await loaded(name, importApp(file, name));
  const listenAt: AppModule["listenAt"] = (options) => exportedAddress(owner, name, options);
  const { websocket } = owner;
  // No promise may be of the app itself, which may have a method `then`.
  if (typeof websocket !== "object" || websocket === null) return { app, listenAt };
  const { withWebSockets } = await import("./websocket-module.ts");
  return { app: withWebSockets(app, websocket), listenAt };
}

async function importApp(file: string, name: string): Promise<ExportedApp> {
  try {
    return await findApp(await import(pathToFileURL(file).href), name);
  } catch (error) {
    if (isInstance(error, CommandError)) throw error;
    const { loadFailure } = await import("./load-failure.ts");
    throw loadFailure(name, error);
  }
}

/** The address of `port`, `hostname` and `unix` beside an app, as Bun reads them. */
function exportedAddress(
  { port, hostname, unix }: Exports,
  name: string,
  options: ServeOptions,
): ListenAt {
  if ((options.listen ?? options.unix ?? options.fd) !== undefined) return {};
  const text = (key: string, value: unknown, what: string): string => {
    if (typeof value === "string" && value !== "") return value;
    throw wrong(name, key, value, what);
  };
  if (unix !== undefined) {
    const given = (options.port ?? options.hostname) !== undefined;
    return given ? {} : { unix: text("unix", unix, "the path of a socket") };
  }
  const exported: ListenAt = {};
  if (port !== undefined && options.port === undefined) exported.port = portOf(port, name);
  if (hostname !== undefined && options.hostname === undefined) {
    exported.hostname = text("hostname", hostname, "the name or the address of a host");
  }
  return exported;
}

function portOf(value: unknown, name: string): number {
  const port = typeof value === "string" && /^\d+$/.test(value) ? Number(value) : value;
  if (Number.isInteger(port) && port as number >= 0 && port as number <= HIGHEST_PORT) {
    return port as number;
  }
  throw wrong(name, "port", value, `a whole number from 0 to ${HIGHEST_PORT}`);
}

function wrong(name: string, key: string, value: unknown, what: string): CommandError {
  return new CommandError(
    `The ${key} that ${name} exports must be ${what}, not ${quoted(value)}`,
    1,
  );
}
