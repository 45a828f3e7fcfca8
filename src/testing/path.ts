/**
 * Paths as web servers resolve them, to choose a location or a file.
 *
 * @module
 */

import { percentEncode } from "../cgi/percent.ts";

/** Matches each byte that lighttpd and Apache encode in a path, but for `%`. */
const UNSAFE = /[^!$&'()*+,\-./0-9:;=?@A-Z_a-z~%]/g;

/** Merges slashes and resolves the dot segments of a decoded path. */
export function resolvePath(path: string): string {
  const resolved: string[] = [];
  const segments = path.split("/").slice(1);
  for (const [at, segment] of segments.entries()) {
    const last = at === segments.length - 1;
    if (segment === "..") resolved.pop();
    else if (segment !== "." && segment !== "") resolved.push(segment);
    if (last && (segment === "" || segment === "." || segment === "..")) resolved.push("");
  }
  return `/${resolved.join("/")}`;
}

/** Percent-encodes what lighttpd and Apache encode in a target; `%` stays. */
export function encodeUnsafe(text: string): string {
  return percentEncode(text, UNSAFE);
}

/** The name of a field as that of its variable: `HTTP_X_NAME`. */
export function variableName(field: string): string {
  return `HTTP_${field.toUpperCase().replaceAll("-", "_")}`;
}
