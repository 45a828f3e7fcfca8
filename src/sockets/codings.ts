/**
 * The content codings that this runtime's `fetch()` takes off a body, while the headers go on
 * naming them.
 *
 * @module
 */

import process from "node:process";

/** Matches a `Content-Encoding` that a fetched body has no more. */
export const DECODED_CODINGS: RegExp = "Bun" in globalThis || decodesZstd()
  ? /^(?:gzip|x-gzip|deflate|br|zstd)$/i
  : "Deno" in globalThis
  ? /^(?:gzip|br)$/i
  : /^(?:gzip|x-gzip|deflate|br)$/i;

/** Node's does from Node 24 on. */
function decodesZstd(): boolean {
  return parseInt(process.versions.undici ?? "0") >= 7;
}
