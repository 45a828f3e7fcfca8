/**
 * Percent-encoding of bytes, as latin1 text: one UTF-16 code unit for each byte.
 *
 * @see https://www.rfc-editor.org/rfc/rfc3986#section-2.1
 * @module
 */

/** Percent-encodes the bytes that a global expression matches. */
export function percentEncode(text: string, bytes: RegExp): string {
  return text.replace(
    bytes,
    (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`,
  );
}

/** Decodes each escape to its byte; `%` that begins no escape stays. */
export function percentDecode(text: string): string {
  return text.replace(
    /%([0-9A-Fa-f]{2})/g,
    (_, hex: string) => String.fromCharCode(parseInt(hex, 16)),
  );
}
