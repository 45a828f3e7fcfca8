/**
 * Fields that concern one connection, and are not passed on from it to another.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1
 * @module
 */

/** The fields that always are of that kind. */
export const HOP_BY_HOP: readonly string[] = [
  "connection",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
];

/** The fields that `Connection` names; undefined where there is no such field. */
export function connectionFields(headers: Headers): Set<string> | undefined {
  const connection = headers.get("connection");
  if (connection === null) return undefined;
  return new Set(connection.toLowerCase().split(",").map((name) => name.trim()));
}
