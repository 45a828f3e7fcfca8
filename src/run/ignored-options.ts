/**
 * Options of `Bun.serve` and `Deno.serve` that have no effect over SCGI: they configure the task of
 * the web server.
 *
 * @module
 */

import { complain } from "../report/diagnostics.ts";

/**
 * Reports on stderr the ignored options that have a value.
 *
 * @param caller The function that was given the options.
 * @param ignored The names of the options without an effect.
 */
export function reportIgnored(caller: string, options: object, ignored: readonly string[]): void {
  const given = ignored.filter((name) => Boolean((options as Record<string, unknown>)[name]));
  if (given.length === 0) return;
  const list = new Intl.ListFormat("en").format(given);
  complain(`${caller} ignores ${list} over SCGI. Configure the web server instead`);
}
