/**
 * Refuses request targets that web servers and URLs resolve to different paths.
 *
 * Web servers merge the slashes of a target, and some decode its `%2F`, before they resolve its dot
 * segments and apply their access rules. The app gets the original target, and a URL does neither:
 * `/admin//x/../..` is `/` for nginx, lighttpd and Apache, and `/admin/` in a URL.
 *
 * @see https://url.spec.whatwg.org/#path-state
 * @module
 */

import { ScgiError } from "../errors.ts";

const SLASHES = /\/\/|%2f/i;
const DOT_SEGMENT = /(?:\/|%2f)(?:\.|%2e){1,2}(?:\/|%2f|$)/i;

/** Conversions of a target before its dot segments are resolved, by URLs and by web servers. */
const READINGS: readonly ((path: string) => string)[] = [
  (path) => path,
  mergeSlashes,
  decodeSlashes,
  (path) => mergeSlashes(decodeSlashes(path)),
];

/**
 * Checks that a target, which begins with a slash, has the same path for web servers and URLs.
 *
 * @param resolved Whether the web server is known to decode `%2F` and resolve the target before it
 * applies its rules, so that `/admin/..%2Fx` is not below `/admin` for it, either.
 * @throws {ScgiError} `TARGET_INVALID` (400) where the paths differ.
 */
export function checkTarget(target: string, resolved: boolean): void {
  if (!SLASHES.test(target)) return;
  const [path = ""] = target.split("?", 1);
  if (!DOT_SEGMENT.test(path)) return;
  const meanings = READINGS.map((read) => {
    const meaning = mergeSlashes(decodeSlashes(resolve(read(path))));
    return resolved ? meaning : resolve(meaning);
  });
  if (new Set(meanings).size === 1) return;
  throw new ScgiError(
    "TARGET_INVALID",
    "The request target has two meanings: web servers merge slashes before they resolve dot " +
      "segments, and URLs do not. Send it without dot segments",
    { status: 400 },
  );
}

function mergeSlashes(path: string): string {
  return path.replace(/\/{2,}/g, "/");
}

function decodeSlashes(path: string): string {
  return path.replace(/%2f/gi, "/");
}

function resolve(path: string): string {
  return new URL(`http://localhost${path}`).pathname;
}
