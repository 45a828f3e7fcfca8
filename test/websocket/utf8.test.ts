/** UTF-8 that is checked while it arrives, against TextDecoder. */

import { expect, test } from "bun:test";
import fc from "fast-check";
import { Utf8Checker, utf8Text } from "../../src/websocket/utf8.ts";
import { cut } from "../support/wire.ts";

/** Whether bytes are valid so far, and whether they are whole. */
function judge(bytes: Uint8Array): { valid: boolean; complete: boolean } {
  const decodes = (stream: boolean) => {
    try {
      new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream });
      return true;
    } catch {
      return false;
    }
  };
  return { valid: decodes(true), complete: decodes(false) };
}

/** Bytes near the edges of what is valid. */
const edges = [0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf];
const leads = [0xe0, 0xe1, 0xec, 0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xf8, 0xff];
const odd = fc.array(fc.constantFrom(...edges, ...leads), { maxLength: 8 })
  .map((bytes) => Uint8Array.from(bytes));
const valid = fc.string({ unit: "binary", maxLength: 12 })
  .map((text) => new TextEncoder().encode(text));
const places = fc.array(fc.nat(), { maxLength: 6 });

test("any bytes in any split are found valid or invalid as a decoder finds them", () => {
  const bytes = fc.oneof(
    odd,
    valid,
    fc.tuple(valid, odd).map(([a, b]) => Uint8Array.of(...a, ...b)),
  );
  fc.assert(
    fc.property(bytes, places, (bytes, where) => {
      const checker = new Utf8Checker();
      let length = 0;
      for (const piece of cut(bytes, where)) {
        length += piece.length;
        const expected = judge(bytes.subarray(0, length));
        expect(checker.push(piece)).toBe(expected.valid);
        if (!expected.valid) return;
        expect(checker.complete).toBe(expected.complete);
      }
    }),
    { numRuns: 3000 },
  );
});

test("a byte order mark stays in a text of any length", () => {
  for (const text of ["\ufeffa", `\ufeff${"long ".repeat(1000)}`]) {
    expect(utf8Text(new TextEncoder().encode(text))).toBe(text);
  }
});
