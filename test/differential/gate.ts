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
import type { Comparable, Part } from "./compare.ts";
import { appliesTo, type Judged } from "./judge.ts";
import { meant } from "./meant.ts";
import { casesOf, tryCases } from "./outcomes.ts";
import type { Command } from "./pair.ts";

/** Declares a test for each case. */
export function describeGate(runtime: Runtime, command: Command): void {
  if (!runtimes.includes(runtime)) return;
  describeWith("nginx", `over SCGI as over HTTP (${runtime}, scgi ${command})`, () => {
    let judged: Map<Case, Judged[]>;
    beforeAll(async () => {
      judged = await tryCases(runtime, command);
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

    const entries = meant.filter((entry) => appliesTo(entry, runtime, command) && !entry.sometimes);
    describe("what is meant to differ does:", () => {
      const named = entries.map((entry) => [`${entry.instead} (${entry.parts})`, entry] as const);
      test.each(named)("%s", (_, entry) => {
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
