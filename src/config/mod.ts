/**
 * Prints configurations of web servers and units of systemd, ready to paste.
 *
 * @module
 */

import { apache } from "./apache.ts";
import { cherokee } from "./cherokee.ts";
import { lighttpd } from "./lighttpd.ts";
import { nginx } from "./nginx.ts";
import { checkOptions, type ConfigOptions, type ConfigTarget, type Settings } from "./settings.ts";
import { systemd } from "./systemd.ts";

export { type ConfigOptions, type ConfigTarget, SEND_FILE_PATH } from "./settings.ts";

const PRINTERS: Readonly<Record<ConfigTarget, (settings: Settings) => string>> = {
  nginx,
  lighttpd,
  apache,
  cherokee,
  systemd,
};

/** The programs whose configurations can be printed. */
export const CONFIG_TARGETS = Object.keys(PRINTERS) as readonly ConfigTarget[];

/**
 * Prints a configuration: complete, commented, and with the settings that uploads, event streams,
 * large cookies and slow apps need.
 *
 * @throws {ScgiError} `OPTION_INVALID` or `ADDRESS_INVALID` for an option that a configuration cannot
 * hold safely.
 */
export function printConfig(target: ConfigTarget, options: ConfigOptions = {}): string {
  return PRINTERS[target](checkOptions(options));
}
