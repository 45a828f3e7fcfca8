/**
 * How long the command waits for other processes to stop, in milliseconds.
 *
 * @module
 */

/** How long a process may take to exit after the `shutdownTimeout` of its server. */
export const STOP_MS = 1000;
/** Signals within this time are one: `deno task` and shells repeat that of a terminal. */
export const SAME_SIGNAL_MS = 50;
