/**
 * Unmasks the payload of frames that clients sent.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6455#section-5.3
 * @module
 */

/**
 * A shorter piece is unmasked byte by byte: a view by words pays from 128 bytes on on Deno, 256 on
 * Node and 512 on Bun. 64 KiB take 5 to 11 µs by words, 34 to 117 by bytes.
 */
const BY_WORDS = 256;
const HIGH_BITS = 0x80808080 | 0;

/** One word and its bytes, in the byte order of this machine. */
const keyBytes: Uint8Array = new Uint8Array(4);
const keyWord: Int32Array = new Int32Array(keyBytes.buffer);

/**
 * Unmasks a piece of a payload in place.
 *
 * @param key The masking key, its first byte in the highest bits.
 * @param phase Number of bytes of the payload before this piece.
 * @returns whether the unmasked bytes are all ASCII.
 */
export function unmask(
  bytes: Uint8Array,
  from: number,
  to: number,
  key: number,
  phase: number,
): boolean {
  let seen = 0;
  let shift = 24 - ((phase & 3) << 3);
  let at = from;
  if (to - from >= BY_WORDS) {
    for (; (bytes.byteOffset + at & 3) !== 0; at++, shift = shift - 8 & 31) {
      seen |= bytes[at] = bytes[at]! ^ key >>> shift & 0xff;
    }
    for (let i = 0; i < 4; i++) keyBytes[i] = key >>> (shift - 8 * i & 31);
    const word = keyWord[0]!;
    const words = new Int32Array(bytes.buffer, bytes.byteOffset + at, to - at >> 2);
    let seenWords = 0;
    for (let i = 0; i < words.length; i++) seenWords |= words[i] = words[i]! ^ word;
    at += words.length << 2;
    if ((seenWords & HIGH_BITS) !== 0) seen |= 0x80;
  }
  for (; at < to; at++, shift = shift - 8 & 31) {
    seen |= bytes[at] = bytes[at]! ^ key >>> shift & 0xff;
  }
  return seen < 0x80;
}
