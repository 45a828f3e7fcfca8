/** Bytes that arrive in chunks. */

import { expect, test } from "bun:test";
import { Gathered, GrowingBuffer } from "../../src/scgi/bytes.ts";

test.each([0, 1, 2, 1023, 1024, 1025, 5000])("%d chunks are gathered in their order", (count) => {
  const gathered = new Gathered();
  const expected: number[] = [];
  for (let i = 0; i < count; i++) {
    const chunk = Uint8Array.from({ length: i % 3 }, (_, j) => (i + j) % 251);
    expected.push(...chunk);
    gathered.add(chunk);
  }
  expect(gathered.length).toBe(expected.length);
  expect([...gathered.bytes()]).toEqual(expected);
});

test("one chunk is given as it is", () => {
  const gathered = new Gathered();
  const chunk = Uint8Array.of(1, 2);
  gathered.add(chunk);
  expect(gathered.bytes()).toBe(chunk);
});

test("a growing buffer copies its chunks, and ends at its maximum", () => {
  const buffer = new GrowingBuffer(10, 4);
  const chunk = Uint8Array.of(1, 2, 3);
  for (let i = 0; i < 3; i++) buffer.add(chunk);
  chunk.fill(0);
  buffer.add(Uint8Array.of(4));
  expect(buffer.length).toBe(10);
  expect([...buffer.bytes]).toEqual([1, 2, 3, 1, 2, 3, 1, 2, 3, 4]);
});
