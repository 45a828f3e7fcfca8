/**
 * The gate: an app answers over SCGI as it does over its runtime's own HTTP server. Every case is
 * tried over both, and nothing is expected but that both are equal, save for what is meant to
 * differ.
 */

import { beforeAll, describe, expect, test } from "bun:test";
import { record } from "../run/rows.ts";
import { describeWith } from "../support/require.ts";
import { type Runtime, runtimes } from "../support/server.ts";
import type { Case } from "./case.ts";
import { type Comparable, differences, type Part } from "./compare.ts";
import { appliesTo, covers, hasPart, type Meant, meant } from "./meant.ts";
import { casesOf, type Outcome, tryCases } from "./outcomes.ts";
import type { Command } from "./pair.ts";

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

/** Declares a test for each case. */
export function describeGate(runtime: Runtime, command: Command): void {
  if (!runtimes.includes(runtime)) return;
  describeWith("nginx", `over SCGI as over HTTP (${runtime}, scgi ${command})`, () => {
    const judged = new Map<Case, Judged[]>();
    beforeAll(async () => {
      for (const [one, outcomes] of await tryCases(runtime, command)) {
        judged.set(one, outcomes.map((outcome) => judge(runtime, command, one, outcome)));
      }
    }, 120_000);

    test.each(casesOf(runtime, command).map((one) => [one.name, one] as const))("%s", (_, one) => {
      for (const { outcome: { via, http, scgi }, faults } of judged.get(one)!) {
        expect({ via, ...only(faults, scgi) }).toEqual({ via, ...only(faults, http) });
      }
      record({ row: one.row, runtime, command });
      for (const { instead, because } of judged.get(one)!.flatMap(({ meant }) => meant)) {
        record({ row: one.row, runtime, command, instead, because });
      }
    });

    const entries = meant.filter((entry) => appliesTo(entry, runtime, command));
    describe("what is meant to differ does:", () => {
      test.each(entries.map((entry) => [entry.instead, entry] as const))("%s", (_, entry) => {
        const having = [...judged].filter(([, all]) =>
          all.some(({ meant }) => meant.includes(entry))
        );
        const names = having.map(([{ name }]) => name);
        if (!Array.isArray(entry.cases)) expect(names).not.toEqual([]);
        else expect(names.sort()).toEqual(entry.cases.toSorted());
      });
    });
  });
}

/** A reply without the parts that are as they should be, which make a failure hard to read. */
function only(faults: readonly Part[], reply: Comparable): Partial<Comparable> {
  if (faults.length === 0) return {};
  const headers = reply.headers.filter((line) => faults.includes(`header ${line.split(":")[0]!}`));
  const events = reply.events.filter((event) => faults.includes(`event ${event}`));
  const parts = Object.entries(reply).filter(([part]) => faults.includes(part as Part));
  return { status: reply.status, ...Object.fromEntries(parts), headers, events };
}
