/** The decoder against a naive parser of the specification, over any bytes and any split. */

import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { ScgiError } from "../../src/errors.ts";
import { Decoder } from "../../src/scgi/decoder.ts";
import {
  anyText,
  mutatedRequest,
  oddVariables,
  places,
  validRequest,
} from "../support/arbitrary-request.ts";
import { judge, type Judgement } from "../support/reference-parser.ts";
import { bytes, cut, request, single, text } from "../support/wire.ts";

/** What the decoder makes of pieces, in the words of the naive parser. */
function decode(pieces: readonly Uint8Array[], maxHeaders?: number): Judgement {
  const decoder = new Decoder({ maxHeaders });
  let body = "";
  try {
    for (const piece of pieces) body += text(decoder.push(piece));
  } catch (error) {
    if (!(error instanceof ScgiError)) throw error;
    return { refused: { code: error.code, status: error.status! } };
  }
  if (decoder.head === undefined) return { unfinished: true };
  const { head: { pairs, contentLength }, surplus } = decoder;
  expect(decoder.remaining).toBe(contentLength - body.length);
  return { pairs: [...pairs], contentLength, body, surplus };
}

function agrees(wire: string, where: readonly number[]): void {
  agreesOn(wire, where, undefined);
}

function agreesOn(wire: string, where: readonly number[], maxHeaders: number | undefined): void {
  const expected = judge(wire, undefined, maxHeaders);
  expect(decode([bytes(wire)], maxHeaders)).toEqual(expected);
  expect(decode(cut(bytes(wire), where), maxHeaders)).toEqual(expected);
  expect(decode(single(bytes(wire)), maxHeaders)).toEqual(expected);
}

/** So few that most requests have more, and some have not. */
const fewHeaders = fc.integer({ min: 1, max: 6 });

const runs = { numRuns: 500 };

test("any split of any valid request gives the same head, body and end", () => {
  fc.assert(
    fc.property(validRequest, places, anyText(5), ({ pairs, body, wire }, where, surplus) => {
      const expected = { pairs, body, contentLength: body.length, surplus: surplus.length };
      expect(judge(wire + surplus)).toEqual(expected);
      agrees(wire + surplus, where);
    }),
    runs,
  );
});

test("a valid request split before and after each of its bytes is the same one", () => {
  fc.assert(
    fc.property(validRequest, ({ wire }) => {
      const expected = decode([bytes(wire)]);
      for (let at = 0; at <= wire.length; at++) {
        expect(decode(cut(bytes(wire), [at]))).toEqual(expected);
      }
    }),
    { numRuns: 25 },
  );
});

describe("a refusal with the naive parser's code and status, or its value, comes of", () => {
  test("any edits of any valid request, split in any way", () => {
    fc.assert(fc.property(mutatedRequest, places, agrees), { numRuns: 3000 });
  });

  test("any variables in a netstring that is right, split in any way", () => {
    fc.assert(fc.property(oddVariables, places, agrees), { numRuns: 1000 });
  });

  test("any of these where few variables are allowed, split in any way", () => {
    const wires = fc.oneof(mutatedRequest, oddVariables, validRequest.map(({ wire }) => wire));
    fc.assert(fc.property(wires, places, fewHeaders, agreesOn), { numRuns: 3000 });
  });

  test("any bytes, split in any way", () => {
    fc.assert(fc.property(anyText(40), places, agrees), runs);
  });
});

test("a head that ends at any byte is cut, and a body too", () => {
  fc.assert(
    fc.property(validRequest, fc.nat(), ({ wire, body }, at) => {
      const length = 1 + at % (wire.length - 1);
      const decoder = new Decoder();
      decoder.push(bytes(wire).subarray(0, length));
      const code = length < wire.length - body.length ? "HEAD_CUT" : "BODY_CUT";
      expect(() => decoder.end()).toThrow(ScgiError);
      try {
        decoder.end();
      } catch (error) {
        expect((error as ScgiError).code).toBe(code);
      }
    }),
    runs,
  );
});

test("the first byte after which no request can follow is refused, not a later one", () => {
  fc.assert(
    fc.property(fc.oneof(mutatedRequest, oddVariables, anyText(20)), fewHeaders, (wire, most) => {
      const decoder = new Decoder({ maxHeaders: most });
      for (const [i, byte] of single(bytes(wire)).entries()) {
        const judgement = judge(wire.slice(0, i + 1), undefined, most);
        const refused = "refused" in judgement;
        const before = wire.slice(0, i + 1);
        try {
          decoder.push(byte);
          if (refused) throw new Error(`${JSON.stringify(before)} was taken`);
        } catch (error) {
          if (!refused || !(error instanceof ScgiError)) throw error;
          return;
        }
      }
    }),
    { numRuns: 3000 },
  );
});

test("a wrong byte of CONTENT_LENGTH is refused before the next one comes", () => {
  for (const wrong of ["05", "1e", "+", "-", " ", "0_", "9".repeat(16), "\0"]) {
    const decoder = new Decoder();
    const [last, ...before] = [...`99:CONTENT_LENGTH\0${wrong}`].reverse();
    decoder.push(bytes(before.reverse().join("")));
    expect(() => decoder.push(bytes(last!))).toThrow(ScgiError);
  }
});

describe("work and memory", () => {
  /** Counts what the decoder reads and copies of the arrays that it makes itself. */
  function counting(action: () => void): { reads: number; copied: number; made: number } {
    const count = { reads: 0, copied: 0, made: 0 };
    const native = globalThis.Uint8Array;
    const made = function (size: number): Uint8Array {
      count.made += size;
      return new Proxy(new native(size), {
        get(array, name) {
          if (typeof name === "string" && /^[0-9]+$/.test(name)) count.reads++;
          if (name === "set") {
            return (source: Uint8Array, at: number) => {
              count.copied += source.length;
              array.set(source, at);
            };
          }
          const member = Reflect.get(array, name, array);
          return typeof member === "function" ? member.bind(array) : member;
        },
      });
    };
    globalThis.Uint8Array = made as never;
    try {
      action();
    } finally {
      globalThis.Uint8Array = native;
    }
    return count;
  }

  /** A head of about so many bytes, without its last two: what comes of those needs it whole. */
  function longHead(size: number): Uint8Array[] {
    const pairs = Array.from({ length: size / 20 }, (_, i) => [`HTTP_X_${1000 + i}`, "12345678"]);
    return single(bytes(request(pairs.flat()))).slice(0, -2);
  }

  for (const size of [15_000, 30_000, 60_000]) {
    test(`a head of ${size} bytes, byte by byte, is looked at and copied a few times`, () => {
      const pieces = longHead(size);
      const decoder = new Decoder({ maxHeaders: 0 });
      // The first value may be looked at as text, which a counted array cannot be.
      for (const piece of pieces.splice(0, 40)) decoder.push(piece);
      const { reads, copied, made } = counting(() =>
        pieces.forEach((piece) => decoder.push(piece))
      );
      expect(decoder.head).toBeUndefined();
      expect(reads).toBeGreaterThan(0.9 * pieces.length);
      expect(reads).toBeLessThan(4 * pieces.length);
      expect(copied).toBeLessThan(4 * pieces.length);
      expect(made).toBeLessThan(4 * pieces.length);
    });
  }

  test("a claim of a gigabyte takes no memory by itself", () => {
    const decoder = new Decoder({ maxHeaderBytes: 2 ** 31 });
    const pieces = single(bytes("1000000000:CONTENT_LENGTH"));
    const { made } = counting(() => pieces.forEach((piece) => decoder.push(piece)));
    expect(made).toBeLessThan(4096);
  });
});
