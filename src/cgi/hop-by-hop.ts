/**
 * Connection-specific header fields, which an intermediary does not forward.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1
 * @module
 */

/** Names of the fields that are connection-specific in every message, in lower case. */
export const HOP_BY_HOP: readonly string[] = [
  "connection",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
];

/** The field names in the `Connection` field, in lower case; undefined without that field. */
export function connectionFields(headers: Pick<Headers, "get">): Set<string> | undefined {
  const connection = headers.get("connection");
  if (connection === null) return undefined;
  return new Set(connection.toLowerCase().split(",").map((name) => name.trim()));
}
