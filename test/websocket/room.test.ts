/** Memory of large frames that is used again. */

import { expect, test } from "bun:test";
import { giveBack, LARGE, takeRoom } from "../../src/websocket/room.ts";

test("rooms that are given back serve again, each for one taker at a time", () => {
  const first = Array.from({ length: 4 }, () => takeRoom(LARGE));
  expect(new Set(first.map(({ buffer }) => buffer)).size).toBe(4);
  for (const room of first) giveBack(room);
  const second = Array.from({ length: 4 }, () => takeRoom(LARGE));
  expect(new Set(second.map(({ buffer }) => buffer))).toEqual(new Set(first.map((r) => r.buffer)));
  expect(takeRoom(LARGE).buffer).not.toBe(second[0]!.buffer);
});

test("a room that is too small is not taken", () => {
  giveBack(takeRoom(LARGE));
  expect(takeRoom(LARGE * 4)).toHaveLength(LARGE * 4);
});
