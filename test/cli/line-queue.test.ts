/** Lines before a stream that is slow, full or gone. */

import { expect, test } from "bun:test";
import fc from "fast-check";
import { LineQueue } from "../../src/cli/line-queue.ts";
import { eventually } from "../support/eventually.ts";

const failure = (code: string): Error => Object.assign(new Error(code), { code });

/** A stream that answers each write as it is told, and takes all when it is told no more. */
function stream(answers: (number | string | Promise<void>)[]) {
  let text = "";
  const told: string[] = [];
  const queue = new LineQueue("the log", async (bytes) => {
    const answer = answers.shift();
    if (typeof answer === "string") throw failure(answer);
    await answer;
    const count = Math.min(bytes.length, typeof answer === "number" ? answer : Infinity);
    text += new TextDecoder("latin1").decode(bytes.subarray(0, count));
    return count;
  }, (sentence) => told.push(sentence));
  return { queue, told, text: () => text };
}

test("whatever a stream takes at a time, it gets each line whole and in its order", async () => {
  const answer = fc.oneof(fc.integer({ min: 0, max: 9000 }), fc.constant("EAGAIN"));
  const lines = fc.array(fc.integer({ min: 0, max: 6000 }), { minLength: 1, maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(fc.array(answer, { maxLength: 10 }), lines, async (answers, lengths) => {
      const { queue, told, text } = stream(answers);
      const given = lengths.map((length, i) => `${i}${"x".repeat(length)}\n`);
      for (const line of given) queue.push(line);
      await queue.flushed(5000);
      expect(text()).toBe(given.join(""));
      expect(told).toEqual([]);
    }),
    { numRuns: 50 },
  );
});

test("lines that do not fit while a reader is slow are dropped, and counted", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const { queue, told, text } = stream([promise]);
  for (let i = 0; i < 1500; i++) queue.push(`${String(i).padEnd(999, ".")}\n`);
  await queue.flushed(1);
  expect(told).toEqual([]);
  resolve();
  await queue.flushed(5000);
  const numbers = text().split("\n").slice(0, -1).map((line) => parseInt(line));
  expect(numbers).toEqual(numbers.map((_, i) => i));
  expect(numbers.length).toBeGreaterThan(1000);
  expect(told).toEqual([
    `${1500 - numbers.length} lines of the log were dropped: its reader was too slow`,
  ]);
});

test("a line that is longer than all that may wait is written", async () => {
  const { queue, text } = stream([]);
  queue.push(`${"x".repeat(2_000_000)}\n`);
  await queue.flushed(5000);
  expect(text()).toHaveLength(2_000_001);
});

test("lines wait where a write fails, which is told once, and so is that it is over", async () => {
  const { queue, told, text } = stream([3, "ENOSPC", "EDQUOT"]);
  queue.push("one\n");
  queue.push("two\n");
  await queue.flushed(600_000);
  expect([text(), told]).toEqual(["one", [
    "the log cannot be written: ENOSPC. Lines are kept until it can be",
  ]]);
  queue.push("three\n");
  await eventually(text, (all) => all === "one\ntwo\nthree\n");
  expect(told.slice(1)).toEqual(["the log can be written again"]);
});

test.each(["EPIPE", "EBADF"])("nothing waits for a reader who has left: %s", async (code) => {
  const { queue, told, text } = stream([code]);
  for (let i = 0; i < 2000; i++) queue.push(`${"x".repeat(1000)}\n`);
  await queue.flushed(5000);
  queue.push("more\n");
  await queue.flushed(5000);
  expect([text(), told]).toEqual(["", []]);
});

test("lines of one turn of the event loop are one write, before one that may not wait", async () => {
  const writes: string[] = [];
  const queue = new LineQueue("the log", (bytes) => {
    writes.push(new TextDecoder().decode(bytes));
    return bytes.length;
  }, () => {});
  queue.push("one\n", true);
  queue.push("two\n", true);
  expect(writes).toEqual([]);
  await eventually(() => writes, ({ length }) => length > 0);
  queue.push("three\n", true);
  queue.push("four\n");
  expect(writes).toEqual(["one\ntwo\n", "three\nfour\n"]);
  queue.push("five\n", true);
  // As where the process exits.
  queue.begin();
  expect(writes[2]).toBe("five\n");
});

test("a writer that takes the place of another gets all lines that wait, and no part of one", async () => {
  const writer = (answers: (number | string)[]) => {
    const taken: string[] = [];
    const write = (bytes: Uint8Array): number => {
      const answer = answers.shift() ?? bytes.length;
      if (typeof answer === "string") throw failure(answer);
      taken.push(new TextDecoder().decode(bytes.subarray(0, answer)));
      return answer;
    };
    return { taken, write };
  };
  const [full, empty] = [writer([6, "ENOSPC", "ENOSPC", "ENOSPC"]), writer([])];
  const queue = new LineQueue("the log", full.write, () => {}, 65_536);
  for (const line of ["one\n", "two\n", "three\n"]) queue.push(line, true);
  await queue.flushed(10_000);
  expect(full.taken).toEqual(["one\ntw"]);
  queue.replace(() => empty.write);
  await eventually(() => empty.taken.join(""), (text) => text === "two\nthree\n");
  queue.push("four\n");
  expect([full.taken, empty.taken]).toEqual([["one\ntw"], ["two\nthree\n", "four\n"]]);
});
