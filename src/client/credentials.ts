/**
 * The user and password of a URL. They are removed from it: Node's Request refuses such a URL, and
 * no CGI variable may contain a password.
 *
 * @module
 */

import { percentDecode } from "../cgi/percent.ts";

/**
 * Removes the user and password from a URL. Returns the `Authorization` field for them; undefined
 * if the URL has neither.
 */
export function takeCredentials(url: URL): string | undefined {
  const { username, password } = url;
  if (username + password === "") return undefined;
  url.username = url.password = "";
  return `Basic ${btoa(`${percentDecode(username)}:${percentDecode(password)}`)}`;
}
