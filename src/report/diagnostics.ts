/**
 * Messages about failures, on stderr. A message is printable and has a limited length; a failure to
 * write it is ignored.
 *
 * @module
 */

import { asScgiError } from "../errors.ts";
import { printableLine, printableLines } from "../scgi/printable.ts";
import { inspect } from "../runtime/system/inspect.ts";
import { failureOf } from "./failure.ts";

/** Writes a text and a line end. */
export type WriteText = (text: string) => void;

let write: WriteText = (text) => console.error(text);
let written = (): Promise<void> => Promise.resolve();

/**
 * Replaces `console.error` as the writer of messages: the command has one that never blocks.
 *
 * @param flushed Resolves once everything written so far is flushed.
 */
export function writeDiagnosticsBy(other: WriteText, flushed: () => Promise<void>): void {
  write = other;
  written = flushed;
}

/** Resolves once all messages are written, or the writer gives up on them. */
export function diagnosticsWritten(): Promise<void> {
  return written();
}

/** Writes a sentence in one line, after the name of this package. */
export function complain(sentence: string): void {
  emit(printableLine(`scgi: ${sentence}`));
}

/** Writes a thrown value, with its stack. */
export function complainOf(error: unknown, before = "scgi: "): void {
  emit(printableLines(`${before}${inspect(error)}`));
}

/** The codes of failures that end a request and cancel its streams. A failure is reported by itself. */
const ENDS = ["CLIENT_GONE", "BODY_CUT", "WRITE_TIMEOUT", "REQUEST_TIMEOUT", "SHUTDOWN"];

/**
 * Reports a rejection of the app that nothing handles; the server goes on. A rejection by the end of
 * a request is not reported: each write to a stream of a closed tab is one.
 */
export function reportRejection(error: unknown): void {
  if (!endsRequest(error)) complainOf(error, "scgi: unhandled rejection: ");
}

function endsRequest(error: unknown): boolean {
  const ours = asScgiError(failureOf(error));
  return ours !== undefined && ENDS.includes(ours.code);
}

function emit(text: string): void {
  try {
    write(text);
  } catch {
    // Nothing else can report it.
  }
}
