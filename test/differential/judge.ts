/** Tells the differences that are meant from faults. */

import type { Runtime } from "../support/server.ts";
import type { Case } from "./case.ts";
import { differences, type Part } from "./compare.ts";
import { type Meant, meant, type Outcome } from "./meant.ts";
import type { Command } from "./pair.ts";

/** Whether a difference is meant for what a runtime and a command serve. */
export function appliesTo({ on, by }: Meant, runtime: Runtime, command: Command): boolean {
  return (on?.includes(runtime) ?? true) && (by ?? command) === command;
}

/** The parts of two replies whose difference is meant. */
function covers(entry: Meant, name: string, outcome: Outcome): boolean {
  return (entry.via ?? outcome.via) === outcome.via &&
    isAmong(entry.cases, name) && (entry.when?.(outcome) ?? true);
}

function isAmong(cases: Meant["cases"], name: string): boolean {
  if (cases === undefined) return true;
  return cases instanceof RegExp ? cases.test(name) : cases.includes(name);
}

/** Whether a difference takes in a part. */
function hasPart({ parts }: Meant, part: Part): boolean {
  return parts.some((mine) =>
    part === mine || part.startsWith("header ") && mine === "headers" ||
    part.startsWith("event ") && (mine === "events" || part.startsWith(mine))
  );
}

/** What differs between two replies. */
export interface Judged {
  readonly outcome: Outcome;
  /** The parts that differ and are not meant to. */
  readonly faults: readonly Part[];
  /** The differences that are meant, where they are there. */
  readonly meant: readonly Meant[];
}

/** Judges what one case was. */
export function judge(
  runtime: Runtime,
  command: Command,
  { name }: Case,
  outcome: Outcome,
): Judged {
  const parts = differences(outcome.http, outcome.scgi);
  const entries = meant.filter((entry) =>
    appliesTo(entry, runtime, command) && covers(entry, name, outcome) &&
    parts.some((part) => hasPart(entry, part))
  );
  const faults = parts.filter((part) => !entries.some((entry) => hasPart(entry, part)));
  return { outcome, faults, meant: entries };
}
