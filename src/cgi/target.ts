/**
 * Request targets that a web server and a URL resolve to different paths.
 *
 * A web server merges the slashes of a target, and some decode its `%2F`, before they resolve its dot
 * segments and apply their access rules; the target itself goes to the app, whose URL does neither.
 * `/admin//x/../..` is `/` to nginx, lighttpd and Apache, and `/admin/` to a URL.
 *
 * @see https://url.spec.whatwg.org/#path-state
 * @module
 */

import { ScgiError } from "../errors.ts";

const SLASHES = /\/\/|%2f/i;
const DOT_SEGMENT = /(?:\/|%2f)(?:\.|%2e){1,2}(?:\/|%2f|$)/i;

/** What a target is before its dot segments are resolved: to a URL, and by settings of web servers. */
const READINGS: readonly ((path: string) => string)[] = [
  (path) => path,
  mergeSlashes,
  decodeSlashes,
  (path) => mergeSlashes(decodeSlashes(path)),
];

/**
 * Checks a target that begins with a slash.
 *
 * @param resolved Whether the web server's rules are known to be those of the resolved target, `%2F`
 * decoded, so that `/admin/..%2Fx` has no meaning below `/admin` either.
 * @throws {ScgiError} `TARGET_INVALID` (400) where it has more than one meaning.
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
