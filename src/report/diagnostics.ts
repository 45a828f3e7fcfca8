/**
 * Messages about failures. Each is printable, has a limit, and harms nothing where it cannot be
 * written.
 *
 * @module
 */

import { printableLine, printableLines } from "../scgi/printable.ts";
import { inspect } from "../runtime/system/inspect.ts";

/** Writes a text and the end of its line. */
export type WriteText = (text: string) => void;

let write: WriteText = (text) => console.error(text);
let written = (): Promise<void> => Promise.resolve();

/**
 * Lets another function than `console.error` write: the command has a way that never blocks.
 *
 * @param flushed Resolves when all that was written before has left.
 */
export function writeDiagnosticsBy(other: WriteText, flushed: () => Promise<void>): void {
  write = other;
  written = flushed;
}

/** Resolves when all messages have been written, as far as they can be in a moment. */
export function diagnosticsWritten(): Promise<void> {
  return written();
}

/** Says a sentence, in one line, after the name of this package. */
export function complain(sentence: string): void {
  emit(printableLine(`scgi: ${sentence}`));
}

/** Shows a thrown value, with its stack. */
export function complainOf(error: unknown, before = "scgi: "): void {
  emit(printableLines(`${before}${inspect(error)}`));
}

function emit(text: string): void {
  try {
    write(text);
  } catch {
    // No other place is left for it.
  }
}
