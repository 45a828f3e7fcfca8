/**
 * Writes every line of the command. Saying a line never throws and never waits, whatever the state
 * of the terminal, pipe, file or socket that it goes to.
 *
 * @module
 */

import { complain, writeDiagnosticsBy } from "../report/diagnostics.ts";
import { printableLine, REPORT_LENGTH } from "../scgi/printable.ts";
import { ownProcess } from "../runtime/system/process.ts";
import { standardStream } from "../runtime/system/standard-streams.ts";
import { LineQueue } from "./line-queue.ts";

/** How long the process waits at its end for a reader of its lines, in milliseconds. */
const LAST_LINES_MS = 500;
/** How long a line that is being written may take at a sudden end, in milliseconds. */
const LEAVING_MS = 20;

const out: LineQueue = new LineQueue("standard output", standardStream(1, true), complain);
const err: LineQueue = new LineQueue("standard error", standardStream(2, true), complain);

/** Has the messages of the whole package written here too. A program calls it as it begins. */
export function writeAllHere(): void {
  writeDiagnosticsBy((text) => err.push(`${text}\n`), () => err.flushed(LAST_LINES_MS));
  // A thread that writes needs a moment where an app ends the process by itself, or dies.
  ownProcess.onExit(() => {
    if (!out.leaving && !err.leaving) return;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LEAVING_MS);
  });
}

/** Says a line on standard output. */
export function say(line: string): void {
  out.push(`${printableLine(line, REPORT_LENGTH)}\n`);
}

/** Says a line on standard error, for a command whose standard output is not its own. */
export function sayAside(line: string): void {
  err.push(`${printableLine(line, REPORT_LENGTH)}\n`);
}

/** Shows text as it is on standard error. */
export function show(text: string): void {
  err.push(text);
}

/** Ends the process once all lines have been written, or their readers have had their time. */
export async function exit(status: number): Promise<never> {
  await Promise.all([out.flushed(LAST_LINES_MS), err.flushed(LAST_LINES_MS)]);
  return ownProcess.exit(status);
}
