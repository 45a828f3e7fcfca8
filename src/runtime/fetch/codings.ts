/**
 * The content codings that this runtime's `fetch()` takes off a body, while the headers go on
 * naming them.
 *
 * @module
 */

import { runtime } from "../detect.ts";

/**
 * Matches a `Content-Encoding` that a fetched body has no more. Node takes zstd off from 24 on, whose
 * fetch is that of undici 7.
 */
export const DECODED_CODINGS: RegExp = runtime === "deno"
  ? /^(?:gzip|br)$/i
  : runtime === "bun" || parseInt(globalThis.process.versions.undici ?? "0") >= 7
  ? /^(?:gzip|x-gzip|deflate|br|zstd)$/i
  : /^(?:gzip|x-gzip|deflate|br)$/i;
