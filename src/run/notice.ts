/**
 * What the person at the terminal is told of an app that runs: on stderr, one line each where no
 * error has more to say.
 *
 * @module
 */

import { complain, complainOf } from "../report/diagnostics.ts";

/** Writes a line. */
export function notice(text: string): void {
  complain(text);
}

/** Tells of a rejection of the app's that nobody handles; the server goes on. */
export function noticeRejection(error: unknown): void {
  complainOf(error, "scgi: unhandled rejection: ");
}

/**
 * Tells of options that have a value and no meaning over SCGI.
 *
 * @param name What they were given to.
 * @param options All of its options.
 * @param useless The names of those without a meaning.
 */
export function noticeUseless(name: string, options: object, useless: readonly string[]): void {
  const given = useless.filter((option) => Boolean((options as Record<string, unknown>)[option]));
  if (given.length === 0) return;
  const list = new Intl.ListFormat("en").format(given);
  notice(`${name} was given ${list}, which SCGI has no use for: that is the web server's`);
}
