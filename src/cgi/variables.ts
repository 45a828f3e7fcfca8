/**
 * The CGI variables of a request from its head. Repeated variables are joined.
 *
 * @see https://www.rfc-editor.org/rfc/rfc3875#section-4.1
 * @module
 */

import type { Head } from "../scgi/head.ts";
import { emptyEnv, LONGEST_USUAL_NAME, shapeless } from "./env.ts";
import { type WebServer, webServer } from "./web-server.ts";

/**
 * CGI variables by name, one UTF-16 code unit for each byte (latin1). The object that
 * `readVariables` returns inherits nothing of `Object.prototype`.
 */
export type Variables = Record<string, string>;

/**
 * Reads the variables of a head. The values of a repeated `HTTP_*` variable are joined as those of a
 * header field, in the order in which the client sent them (nginx before 1.23, lighttpd and Cherokee
 * repeat variables). Of `HTTP_HOST` and of other variables, which only the parameter lists in a
 * configuration repeat, the last value that is not empty counts. `HTTP_PROXY` is dropped, since some
 * programs would use it as a setting (httpoxy). The swapped bytes of Cherokee's `REMOTE_PORT` are
 * swapped back.
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
    // An inherited property is not a string.
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
    swapPortBack(variables);
  }
  return variables;
}

/** Joins values of a field. Those before `SERVER_SOFTWARE` are in order behind every web server. */
function join(name: string, before: string, value: string, { firstFieldLast }: WebServer): string {
  const separator = name === "HTTP_COOKIE" ? "; " : ", ";
  return firstFieldLast ? value + separator + before : before + separator + value;
}

function swapPortBack(variables: Variables): void {
  const { REMOTE_ADDR, REMOTE_PORT, HTTP_X_FORWARDED_FOR = "" } = variables;
  if (REMOTE_PORT === undefined || !/^[0-9]{1,5}$/.test(REMOTE_PORT)) return;
  // With x_real_ip, Cherokee copies the port from X-Forwarded-For, and does not swap it.
  const [client = ""] = HTTP_X_FORWARDED_FOR.split(",");
  if (client.trim() === `${REMOTE_ADDR}:${REMOTE_PORT}`) return;
  const port = Number(REMOTE_PORT);
  variables.REMOTE_PORT = String((port & 0xff) << 8 | port >> 8);
}
