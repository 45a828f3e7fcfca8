/**
 * The content codings that this runtime's `fetch()` decodes, while it leaves `Content-Encoding` in the
 * headers.
 *
 * @module
 */

import { runtime } from "../detect.ts";

/**
 * Matches a `Content-Encoding` that `fetch()` has decoded. Node decodes zstd since version 24, whose
 * `fetch()` is that of undici 7.
 */
export const DECODED_CODINGS: RegExp = runtime === "deno"
  ? /^(?:gzip|br)$/i
  : runtime === "bun" || parseInt(globalThis.process.versions.undici ?? "0") >= 7
  ? /^(?:gzip|x-gzip|deflate|br|zstd)$/i
  : /^(?:gzip|x-gzip|deflate|br)$/i;
