/**
 * The prefix under which a web server mounts an app, taken off a URL.
 *
 * @module
 */

import { ScgiError } from "../errors.ts";
import { quoted } from "../scgi/printable.ts";
import { badHost, decodeEscapes } from "./url.ts";
import type { Variables } from "./variables.ts";

/**
 * Takes the mount prefix off a URL. A prefix that is given must be there, up to a segment's
 * boundary; with `true` it is `SCRIPT_NAME`, where `SCRIPT_NAME` and `PATH_INFO` together are the
 * path asked for, and nothing where not.
 *
 * @throws {ScgiError} `PREFIX_MISMATCH` (404) where the given prefix is not there, `HOST_INVALID`
 * (400) for a host that is none.
 */
export function stripMount(href: string, prefix: string | true, variables: Variables): string {
  const url = parse(href);
  const path = url.pathname;
  const length = prefix === true ? scriptLength(path, variables) : prefixLength(path, prefix);
  // Not url.search, which forgets a question mark with nothing behind it.
  const query = url.href.slice(url.origin.length + path.length);
  return `${url.origin}${path.slice(length) || "/"}${query}`;
}

/**
 * A prefix as `new URL` would write it, without a slash at its end.
 *
 * @param option The option that gave it, for the error.
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

/** Whether a path is that of a mount, or below it; the prefix is a normal one. */
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

/** The length of `SCRIPT_NAME` in the path, where that is `SCRIPT_NAME` and `PATH_INFO` once decoded. */
function scriptLength(path: string, variables: Variables): number {
  const { SCRIPT_NAME: script, PATH_INFO: info = "", SCRIPT_FILENAME: file } = variables;
  if (!script || script === "/") return 0;
  // Apache's mod_proxy_scgi puts the whole path into SCRIPT_NAME unless told to split it.
  if (info === "" && file?.startsWith("proxy:")) return 0;
  let at = 0;
  for (let decoded = 0; decoded < script.length && at < path.length; decoded++) {
    at += /^%[0-9A-Fa-f]{2}/.test(path.slice(at, at + 3)) ? 3 : 1;
  }
  return isBoundary(path, at) && decodeEscapes(path.slice(0, at)) === script &&
      decodeEscapes(path.slice(at)) === info
    ? at
    : 0;
}

function isBoundary(path: string, at: number): boolean {
  return at === path.length || path[at] === "/";
}
