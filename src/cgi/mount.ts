/**
 * Strips the prefix under which a web server mounts an app from a URL.
 *
 * @module
 */

import { ScgiError } from "../errors.ts";
import { quoted } from "../scgi/printable.ts";
import { percentDecode } from "./percent.ts";
import { badHost } from "./url.ts";
import type { Variables } from "./variables.ts";
import { webServer } from "./web-server.ts";

/**
 * Strips a mount prefix from the path of a URL. With `true`, the prefix is `SCRIPT_NAME`, and
 * nothing is stripped where `SCRIPT_NAME` and `PATH_INFO` together are not the path.
 *
 * @throws {ScgiError} `PREFIX_MISMATCH` (404) where the path is not below the given prefix,
 * `HOST_INVALID` (400) where the host is not valid.
 */
export function stripMount(href: string, prefix: string | true, variables: Variables): string {
  const url = parse(href);
  const path = url.pathname;
  const length = prefix === true ? scriptLength(path, variables) : prefixLength(path, prefix);
  // url.search drops a question mark before an empty query.
  const query = url.href.slice(url.origin.length + path.length);
  return `${url.origin}${path.slice(length) || "/"}${query}`;
}

/**
 * A prefix as `new URL` normalises it, without a slash at its end.
 *
 * @param option Name of the option with the prefix, for the message of the error.
 * @throws {ScgiError} `OPTION_INVALID` where the prefix does not begin with a slash.
 */
export function normalizePrefix(prefix: string, option = "stripPrefix"): string {
  if (!prefix.startsWith("/")) {
    throw new ScgiError(
      "OPTION_INVALID",
      `${option} is ${quoted(prefix)}, and must begin with a slash`,
    );
  }
  return new URL(`http://localhost${prefix}`).pathname.replace(/\/+$/, "");
}

/** Whether a path is a prefix from {@linkcode normalizePrefix}, or below it. */
export function isUnder(path: string, prefix: string): boolean {
  return path === prefix || path.startsWith(`${prefix}/`);
}

function parse(href: string): URL {
  try {
    return new URL(href);
  } catch {
    throw badHost(href.split("/")[2] ?? "");
  }
}

function prefixLength(path: string, prefix: string): number {
  const normal = normalizePrefix(prefix);
  if (isUnder(path, normal)) return normal.length;
  throw new ScgiError("PREFIX_MISMATCH", `Not found: the path does not begin with ${normal}/`, {
    status: 404,
  });
}

/** Length of `SCRIPT_NAME` in the path; 0 where the decoded path is not SCRIPT_NAME + PATH_INFO. */
function scriptLength(path: string, variables: Variables): number {
  const { SCRIPT_NAME: script, PATH_INFO: info = "" } = variables;
  if (!script || script === "/") return 0;
  if (info === "" && hasWholeScriptName(variables)) return 0;
  let at = 0;
  for (let decoded = 0; decoded < script.length && at < path.length; decoded++) {
    at += /^%[0-9A-Fa-f]{2}/.test(path.slice(at, at + 3)) ? 3 : 1;
  }
  return isBoundary(path, at) && percentDecode(path.slice(0, at)) === script &&
      percentDecode(path.slice(at)) === info
    ? at
    : 0;
}

/** Whether `SCRIPT_NAME` is the whole path, whatever the mount. */
function hasWholeScriptName({ SCRIPT_FILENAME: file, SERVER_SOFTWARE }: Variables): boolean {
  // Apache's mod_proxy_scgi puts the whole path there unless told to split it.
  return file?.startsWith("proxy:") === true || webServer(SERVER_SOFTWARE).wholeScriptName;
}

function isBoundary(path: string, at: number): boolean {
  return at === path.length || path[at] === "/";
}
