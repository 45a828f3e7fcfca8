/** Unmasking in place, by words and by bytes, at any place of the memory. */

import { expect, test } from "bun:test";
import fc from "fast-check";
import { unmask } from "../../src/websocket/mask.ts";

/** About the lengths from which on words are unmasked, and eight of them at a time. */
const lengths = fc.oneof(
  { arbitrary: fc.nat(20), weight: 4 },
  { arbitrary: fc.integer({ min: 240, max: 400 }), weight: 4 },
  { arbitrary: fc.integer({ min: 4090, max: 4150 }), weight: 1 },
);

test("any piece at any place is unmasked, and nothing around it", () => {
  fc.assert(
    fc.property(
      fc.record({
        length: lengths,
        before: fc.nat(9),
        offset: fc.nat(7),
        behind: fc.nat(9),
        phase: fc.nat(9),
        key: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
        highAt: fc.option(fc.nat()),
      }),
      ({ length, before, offset, behind, phase, key, highAt }) => {
        const size = before + length + behind;
        const bytes = new Uint8Array(new ArrayBuffer(offset + size), offset, size);
        for (let i = 0; i < size; i++) bytes[i] = i & 0x7f;
        if (highAt !== null && length > 0) bytes[before + highAt % length]! |= 0x80;
        const plain = bytes.slice();
        const keyBytes = [24, 16, 8, 0].map((shift) => key >>> shift & 0xff);
        for (let i = 0; i < length; i++) bytes[before + i]! ^= keyBytes[(phase + i) % 4]!;
        const ascii = unmask(bytes, before, before + length, key, phase);
        expect(bytes).toEqual(plain);
        expect(ascii).toBe(plain.subarray(before, before + length).every((byte) => byte < 0x80));
      },
    ),
    { numRuns: 2000 },
  );
});
