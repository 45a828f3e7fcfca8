/**
 * CGI variables of a request, repeated ones joined.
 *
 * @see https://www.rfc-editor.org/rfc/rfc3875#section-4.1
 * @module
 */

import type { Head } from "../scgi/decoder.ts";
import { emptyEnv, LONGEST_USUAL_NAME, shapeless } from "./env.ts";
import { type WebServer, webServer } from "./web-server.ts";

/**
 * CGI variables by name, one UTF-16 code unit for each byte (latin1). What `readVariables` gives
 * inherits nothing of `Object.prototype`.
 */
export type Variables = Record<string, string>;

/**
 * Reads the variables of a head. Repeated `HTTP_*` ones are joined as header fields are (nginx
 * before 1.23, lighttpd and Cherokee send them), in the order in which the client sent them; of any
 * other repeated name, and of `HTTP_HOST`, the last value that is not empty counts, since only the
 * web server's own parameter lists repeat those. `HTTP_PROXY` is left out, for the programs that would
 * take it for a setting (httpoxy). Cherokee's `REMOTE_PORT` has its two bytes put in order.
 *
 * @example
 * ```ts
 * import { readVariables } from "scgi/protocol";
 *
 * const pairs = ["CONTENT_LENGTH", "0", "SCGI", "1", "HTTP_COOKIE", "a=1", "HTTP_COOKIE", "b=2"];
 * console.log(readVariables({ contentLength: 0, pairs }).HTTP_COOKIE); // a=1; b=2
 * ```
 */
export function readVariables(head: Head): Variables {
  let variables = emptyEnv() as Variables;
  let shaped = true;
  const { pairs } = head;
  for (let i = 0; i < pairs.length; i += 2) {
    const name = pairs[i]!;
    const value = pairs[i + 1]!;
    if (name === "HTTP_PROXY") continue;
    if (shaped && name.length > LONGEST_USUAL_NAME) {
      shaped = false;
      variables = shapeless(variables) as Variables;
    }
    const before = variables[name];
    // What is inherited is no string.
    if (typeof before !== "string" || before === "") {
      variables[name] = value;
    } else if (value !== "") {
      variables[name] = name.startsWith("HTTP_") && name !== "HTTP_HOST"
        ? join(name, before, value, webServer(variables.SERVER_SOFTWARE))
        : value;
    }
  }
  const { SERVER_SOFTWARE } = variables;
  if (typeof SERVER_SOFTWARE === "string" && webServer(SERVER_SOFTWARE).swapsPort) {
    putPortInOrder(variables);
  }
  return variables;
}

/** Joins the values of a field. What comes before `SERVER_SOFTWARE` knows no web server yet. */
function join(name: string, before: string, value: string, { firstFieldLast }: WebServer): string {
  const separator = name === "HTTP_COOKIE" ? "; " : ", ";
  return firstFieldLast ? value + separator + before : before + separator + value;
}

function putPortInOrder(variables: Variables): void {
  const { REMOTE_ADDR, REMOTE_PORT, HTTP_X_FORWARDED_FOR = "" } = variables;
  if (REMOTE_PORT === undefined || !/^[0-9]{1,5}$/.test(REMOTE_PORT)) return;
  // With x_real_ip the port of a client is that of its X-Forwarded-For, as it stands there.
  const [client = ""] = HTTP_X_FORWARDED_FOR.split(",");
  if (client.trim() === `${REMOTE_ADDR}:${REMOTE_PORT}`) return;
  const port = Number(REMOTE_PORT);
  variables.REMOTE_PORT = String((port & 0xff) << 8 | port >> 8);
}
