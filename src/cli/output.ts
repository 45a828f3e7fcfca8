/**
 * Writes the lines of the command to stdout and stderr. Writing a line never throws and never
 * waits, even where the terminal, pipe, file or socket is slow, full or closed.
 *
 * @module
 */

import { complain, writeDiagnosticsBy } from "../report/diagnostics.ts";
import { printableLine, REPORT_LENGTH } from "../scgi/printable.ts";
import { ownProcess } from "../runtime/system/process.ts";
import { standardStream, type WriteSome } from "../runtime/system/standard-streams.ts";
import { LineQueue } from "./line-queue.ts";

/** How long an exit waits for the lines to be written, in milliseconds. */
const LAST_LINES_MS = 500;
/** How long a sudden exit waits for the write under way, in milliseconds. */
const LAST_WRITE_MS = 20;

const queues: LineQueue[] = [];
const out: LineQueue = queue("standard output", standardStream(1, true));
const err: LineQueue = queue("standard error", standardStream(2, true));

/** A queue of lines that are written before the process ends, see {@linkcode LineQueue}. */
export function queue(name: string, write: WriteSome, atomic?: number): LineQueue {
  const lines = new LineQueue(name, write, complain, atomic);
  queues.push(lines);
  return lines;
}

/** Queues the diagnostics of the package with these lines. A program calls it at its start. */
export function queueAllLines(): void {
  writeDiagnosticsBy((text) => err.push(`${text}\n`), () => err.flushed(LAST_LINES_MS));
  // A thread that writes needs a moment where the app exits by itself or throws.
  ownProcess.onExit(() => {
    for (const queue of queues) queue.begin();
    if (!queues.some(({ ending }) => ending)) return;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LAST_WRITE_MS);
  });
}

/** Writes a line to standard output. */
export function say(line: string): void {
  out.push(`${printableLine(line, REPORT_LENGTH)}\n`);
}

/** Writes a line to standard error, where standard output belongs to a script. */
export function sayOnStderr(line: string): void {
  err.push(`${printableLine(line, REPORT_LENGTH)}\n`);
}

/** Writes a printable line to a standard stream, together with others of the same turn. */
export function sayTogether(stream: "stdout" | "stderr", line: string): void {
  (stream === "stdout" ? out : err).push(`${line}\n`, true);
}

/** Writes text unchanged to standard error. */
export function writeStderr(text: string): void {
  err.push(text);
}

/** Ends the process once all lines are written, at the latest after 500 ms. */
export async function exit(status: number): Promise<never> {
  await Promise.all(queues.map((queue) => queue.flushed(LAST_LINES_MS)));
  return ownProcess.exit(status);
}
