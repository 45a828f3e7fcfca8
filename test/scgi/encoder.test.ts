/** The encoder: what it writes, what it refuses, and that the decoder reads it back. */

import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { Decoder } from "../../src/scgi/decoder.ts";
import { encodeHead } from "../../src/scgi/encoder.ts";
import { refusal } from "../support/refusal.ts";
import { text } from "../support/wire.ts";

test("the head is a netstring with CONTENT_LENGTH first, SCGI next, then what was given", () => {
  const head = encodeHead(27, [["REQUEST_METHOD", "POST"], ["REQUEST_URI", "/deepthought"]]);
  expect(text(head)).toBe(
    "70:CONTENT_LENGTH\x0027\0SCGI\x001\0REQUEST_METHOD\0POST\0REQUEST_URI\0/deepthought\0,",
  );
});

test("the decoder reads back whatever variables and length were given", () => {
  const part = (minLength: number) =>
    fc.string({
      unit: fc.integer({ min: 1, max: 255 }).map((code) => String.fromCharCode(code)),
      minLength,
      maxLength: 30,
    });
  const name = part(1).filter((name) => name !== "CONTENT_LENGTH" && name !== "SCGI");
  fc.assert(
    fc.property(
      fc.maxSafeNat(),
      fc.array(fc.tuple(name, part(0)), { maxLength: 20 }),
      (contentLength, variables) => {
        const decoder = new Decoder();
        decoder.push(encodeHead(contentLength, variables));
        expect(decoder.head).toMatchObject({
          contentLength,
          pairs: ["CONTENT_LENGTH", String(contentLength), "SCGI", "1", ...variables.flat()],
        });
        expect(decoder.surplus).toBe(0);
      },
    ),
    { numRuns: 500 },
  );
});

test("repeated names are kept, in their order", () => {
  const head = text(encodeHead(0, new Map([["A", "1"]]))) +
    text(encodeHead(0, [["A", "1"], ["A", "2"]]));
  expect(head).toContain("A\x001\0,");
  expect(head).toContain("A\x001\0A\x002\0,");
});

describe("a variable is refused by its name, with HEAD_INVALID,", () => {
  const wrong: Record<string, [string, string]> = {
    "whose name is empty": ["", "x"],
    "whose name holds a NUL": ["A\0B", "x"],
    "whose value holds a NUL": ["A", "x\0y"],
    "whose name holds more than a byte": ["A\u20ac", "x"],
    "whose value holds more than a byte": ["A", "\u0100"],
    "whose value holds half a character": ["A", "\ud83d"],
  };
  for (const [what, variable] of Object.entries(wrong)) {
    test(what, () => {
      const error = refusal(() => encodeHead(0, [["OK", "1"], variable]));
      expect(error.code).toBe("HEAD_INVALID");
      expect(error.message).toContain(JSON.stringify(variable[0]));
    });
  }
});
