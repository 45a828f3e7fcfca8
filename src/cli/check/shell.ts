/**
 * Lines for a shell, among them the line that starts an app.
 *
 * @module
 */

import type { User } from "./user.ts";

/**
 * The line that starts an app at an address.
 *
 * @param address The address as text.
 * @param user The user that shall be able to connect.
 */
export function startLine(address: string, user: User): string {
  const words = ["scgi serve app.ts --listen", shellWord(address)];
  if (address.startsWith("unix:") && user.uid !== 0) words.push("--group", shellWord(user.group));
  return words.join(" ");
}

/** A word of a shell's command line. */
export function shellWord(text: string): string {
  return /^[\w./:@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
