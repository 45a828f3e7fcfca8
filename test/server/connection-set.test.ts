/** The connections of a server. */

import { expect, test } from "bun:test";
import fc from "fast-check";
import { ConnectionSet, type Member } from "../../src/server/connection-set.ts";

test("holds whom a Set would hold, whoever comes and goes", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(20)), (steps) => {
      const roster = new ConnectionSet<Member>();
      const members = Array.from({ length: 21 }, (): Member => ({ place: -1 }));
      const expected = new Set<Member>();
      for (const step of steps) {
        const member = members[step]!;
        if (expected.delete(member)) roster.delete(member);
        else roster.add(member), expected.add(member);
        expect(roster.size).toBe(expected.size);
      }
      const seen: Member[] = [];
      roster.each((member) => seen.push(member));
      expect(seen).toHaveLength(expected.size);
      expect(new Set(seen)).toEqual(expected);
    }),
  );
});

test("has a turn for each of those who stay, though others leave in theirs", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: -1, max: 9 }), { minLength: 10, maxLength: 10 }),
      (plan) => {
        const roster = new ConnectionSet<Member>();
        const members = plan.map((): Member => ({ place: -1 }));
        for (const member of members) roster.add(member);
        const gone = new Set<Member>();
        const turns = new Set<Member>();
        roster.each((member) => {
          expect(gone.has(member)).toBe(false);
          turns.add(member);
          const leaver = members[plan[members.indexOf(member)]!];
          if (leaver === undefined || gone.has(leaver)) return;
          gone.add(leaver);
          roster.delete(leaver);
        });
        for (const member of members) if (!gone.has(member)) expect(turns.has(member)).toBe(true);
      },
    ),
  );
});
