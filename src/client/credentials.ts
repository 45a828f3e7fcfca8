/**
 * The user and the password of a URL. No Request can be made of such a URL on Node, and no variable
 * may show them.
 *
 * @module
 */

import { percentDecode } from "../cgi/percent.ts";

/** Takes them off a URL, and gives the `Authorization` that sends them; undefined where it has none. */
export function takeCredentials(url: URL): string | undefined {
  const { username, password } = url;
  if (username + password === "") return undefined;
  url.username = url.password = "";
  return `Basic ${btoa(`${percentDecode(username)}:${percentDecode(password)}`)}`;
}
