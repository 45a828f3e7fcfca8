/**
 * The content codings that this runtime's `fetch()` takes off a body, while the headers go on
 * naming them.
 *
 * @module
 */

/** Matches a `Content-Encoding` that a fetched body has no more. */
export const DECODED_CODINGS: RegExp = "Deno" in globalThis && !("Bun" in globalThis)
  ? /^(?:gzip|br)$/i
  : /^(?:gzip|x-gzip|deflate|br|zstd)$/i;
