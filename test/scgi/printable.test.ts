/** Text from outside on its way to a terminal. */

import { expect, test } from "bun:test";
import fc from "fast-check";
import { printableLine, printableLines, quoted } from "../../src/scgi/printable.ts";

const RAW = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u;
const any = fc.string({
  unit: fc.integer({ min: 0, max: 0xffff }).map((n) => String.fromCharCode(n)),
});

test("text that is printed is left as it is", () => {
  for (const text of ["", "GET / 200", "naïve 日本 🎉", "\\x1b"]) {
    expect([printableLine(text), printableLines(text)]).toEqual([text, text]);
  }
  expect(printableLines("an error\n\tat a line\r\n")).toBe("an error\n\tat a line\n");
});

test("what is not printed, or changes what is printed around it, is escaped", () => {
  const lone = String.fromCharCode(0xd800);
  const text = `a\n\t\r\0\x1b[2J\x7f\x9b\u200b\u2028\u202e\u2066\ufeff${lone}\u{e0041}`;
  expect(printableLine(text)).toBe(
    "a\\x0a\\x09\\x0d\\x00\\x1b[2J\\x7f\\x9b\\u200b\\u2028\\u202e\\u2066\\ufeff\\ud800\\u{e0041}",
  );
  expect(printableLines("a\n\t\rb\x1b")).toBe("a\n\t\\x0db\\x1b");
});

test("a line is cut at its end, and an error in its middle", () => {
  expect(printableLine("abcdef", 4)).toBe("abc…");
  expect(printableLine("\0\0", 4)).toBe("\\x0…");
  expect(printableLines("abcdefghijkl", 8)).toBe("abcdef…\n…kl");
});

test("whatever a text is, it is printable and short", () => {
  fc.assert(fc.property(any, fc.integer({ min: 4, max: 100 }), (text, most) => {
    expect(printableLine(text, most)).not.toMatch(RAW);
    expect(printableLine(text, most).length).toBeLessThanOrEqual(most);
    expect(printableLines(text, 4 * most).replace(/[\n\t]/g, "")).not.toMatch(RAW);
    expect(printableLines(text, 4 * most).length).toBeLessThanOrEqual(8 * most);
    expect(quoted(text)).not.toMatch(RAW);
    expect(quoted(text).length).toBeLessThanOrEqual(600);
  }));
});

test("any value can be a part of a sentence", () => {
  const cycle: unknown[] = [];
  cycle.push(cycle);
  expect(['a"\n', 1, undefined, null, { a: 1 }, cycle, 1n].map(quoted)).toEqual([
    '"a\\"\\n"',
    "1",
    "undefined",
    "null",
    '{"a":1}',
    "a value of type object",
    "a value of type bigint",
  ]);
});
