/**
 * Loads the module that the command serves.
 *
 * @module
 */

import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { formatAddress, parseAddress } from "../address.ts";
import type { App } from "../handler.ts";
import type { ListenAt } from "../options.ts";
import { CommandError } from "./error.ts";

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
  const file = path.resolve(name);
  if (fs.existsSync(file)) return file;
  throw new CommandError(`There is no module ${name}. Name the file of your app`, 1);
}

/**
 * Loads a module.
 *
 * @throws {CommandError} where there is no such module, or no handler in it.
 */
export async function loadApp(name: string): Promise<AppModule> {
  const file = findModule(name);
  const { default: app } = await import(pathToFileURL(file).href) as { default?: unknown };
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
