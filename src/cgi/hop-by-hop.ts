/**
 * Connection-specific header fields, which an intermediary does not forward.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1
 * @module
 */

/** Names of the fields that are connection-specific in every message, in lower case. */
export const HOP_BY_HOP: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

const NONE: ReadonlySet<string> = new Set();

/** The field names in a `Connection` field, in lower case; none where it is null. */
export function connectionFields(connection: string | null): ReadonlySet<string> {
  if (connection === null) return NONE;
  return new Set(connection.toLowerCase().split(",").map((name) => name.trim()));
}
