/** SCGI requests as bytes, written without the code under test. */

/** Text of code units up to 0xFF as bytes. */
export function bytes(text: string): Uint8Array {
  return Uint8Array.from(text, (unit) => unit.charCodeAt(0));
}

/** Bytes as text, one code unit each. */
export function text(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
}

/** A netstring around names and values, and the body after it. */
export function frame(pairs: readonly string[], body = ""): string {
  const head = pairs.map((part) => `${part}\0`).join("");
  return `${head.length}:${head},${body}`;
}

/** A valid request: the two obligatory variables, then the given names and values in turn. */
export function request(pairs: readonly string[] = [], body = ""): string {
  return frame(["CONTENT_LENGTH", String(body.length), "SCGI", "1", ...pairs], body);
}

/** Bytes cut at the given places. */
export function cut(whole: Uint8Array, places: readonly number[]): Uint8Array[] {
  const sorted = places.map((place) => place % (whole.length + 1)).sort((a, b) => a - b);
  return [...sorted, whole.length].map((end, i) =>
    whole.subarray(i === 0 ? 0 : sorted[i - 1], end)
  );
}

/** Bytes one by one. */
export function single(whole: Uint8Array): Uint8Array[] {
  return Array.from(whole, (_, i) => whole.subarray(i, i + 1));
}
