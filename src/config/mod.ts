/**
 * Configurations of web servers and of systemd, as text that is ready to paste.
 *
 * @module
 */

import { apache } from "./apache.ts";
import { cherokee } from "./cherokee.ts";
import { lighttpd } from "./lighttpd.ts";
import { nginx } from "./nginx.ts";
import { type ConfigOptions, type ConfigTarget, type Settings, settle } from "./settings.ts";
import { systemd } from "./systemd.ts";

export { type ConfigOptions, type ConfigTarget, SEND_FILE_PATH } from "./settings.ts";

const PRINTERS: Readonly<Record<ConfigTarget, (settings: Settings) => string>> = {
  nginx,
  lighttpd,
  apache,
  cherokee,
  systemd,
};

/** What there are configurations for. */
export const CONFIG_TARGETS = Object.keys(PRINTERS) as readonly ConfigTarget[];

/**
 * Prints a configuration: complete, commented, and with the settings that keep uploads, event
 * streams, large cookies and slow apps whole.
 *
 * @throws {ScgiError} `OPTION_INVALID` or `ADDRESS_INVALID` for a value that it cannot hold.
 */
export function printConfig(target: ConfigTarget, options: ConfigOptions = {}): string {
  return PRINTERS[target](settle(options));
}
