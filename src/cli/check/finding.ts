/**
 * A fact that `scgi check` has found out, and the lines that mend it.
 *
 * @module
 */

import { printableLine } from "../../scgi/printable.ts";

/** A fact about an address. */
export interface Finding {
  /** `no` for a cause of failed requests, `note` for what may be one. */
  readonly mark: "ok" | "no" | "note";
  /** The fact in a line. */
  readonly text: string;
  /** Lines to type, or to write into a configuration. */
  readonly mend?: readonly string[];
}

export function ok(text: string): Finding {
  return { mark: "ok", text };
}

export function no(text: string, ...mend: string[]): Finding {
  return { mark: "no", text, mend };
}

export function note(text: string, ...mend: string[]): Finding {
  return { mark: "note", text, mend };
}

/** The lines of a finding. */
export function formatFinding({ mark, text, mend = [] }: Finding): string {
  const lines = [`${mark.padEnd(4)}  ${text}`, ...mend.map((line) => `        ${line}`)];
  return lines.map((line) => `${printableLine(line)}\n`).join("");
}
