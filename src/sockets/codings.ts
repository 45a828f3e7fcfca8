/**
 * The content codings that this runtime's `fetch()` takes off a body, while the headers go on
 * naming them.
 *
 * @module
 */

/** Matches a `Content-Encoding` that a fetched body has no more. */
export const DECODED_CODINGS: RegExp = "Deno" in globalThis
  ? /^(?:gzip|br)$/i
  : "Bun" in globalThis || decodesZstd()
  ? /^(?:gzip|x-gzip|deflate|br|zstd)$/i
  : /^(?:gzip|x-gzip|deflate|br)$/i;

/** Node's does from Node 24 on. */
function decodesZstd(): boolean {
  return parseInt(globalThis.process.versions.undici ?? "0") >= 7;
}
