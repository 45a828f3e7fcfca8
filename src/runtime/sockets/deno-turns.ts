/**
 * Spreads writes over turns of the event loop. Tokio lets Deno do 128 operations in a turn; each further one
 * waits for the next, which costs five times as much as a write: an event to each of a thousand clients took
 * 5 ms, and takes 1 ms in turns of 100 writes.
 *
 * @module
 */

import { setImmediate } from "../system/timers.ts";

/** Writes of a turn: less than Tokio allows, since reads count as well. */
const MOST_WRITES = 100;
/** After so many a new turn is waited for, so that few turns are looked for by a server that writes little. */
const COUNTED_WRITES = 80;

/** Writes what it has kept. */
interface Writer {
  flush(): void;
}

/** Writes since a turn began. */
let count = 0;
const waiting: Writer[] = [];

/** Has a writer write, in this turn or a later one. */
export function inTurn(writer: Writer): void {
  if (count >= MOST_WRITES) return void waiting.push(writer);
  count++;
  // The first of these may come in the same turn.
  if (count === COUNTED_WRITES) setImmediate(() => setImmediate(begin));
  writer.flush();
}

function begin(): void {
  const writers = waiting.splice(0, MOST_WRITES);
  count = writers.length;
  if (count >= COUNTED_WRITES) setImmediate(begin);
  for (const writer of writers) writer.flush();
}
