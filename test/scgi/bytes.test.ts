/** Bytes that are gathered of chunks. */

import { expect, test } from "bun:test";
import { Gathered } from "../../src/scgi/bytes.ts";

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
