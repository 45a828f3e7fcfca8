/** Writes of many sockets at once, spread over turns of the event loop. */

import { expect, test } from "bun:test";
import { inTurn } from "../../../src/runtime/sockets/deno-turns.ts";

const turn = () => new Promise((resolve) => setImmediate(resolve));

test("writes of many sockets are spread over turns, in their order, and none is lost", async () => {
  await turn();
  const flushed: number[] = [];
  for (let number = 0; number < 1000; number++) {
    inTurn({ flush: () => void flushed.push(number) });
  }
  let [before, turns] = [0, 0];
  for (; flushed.length < 1000; turns++) {
    expect(flushed.length - before).toBeLessThanOrEqual(100);
    before = flushed.length;
    await turn();
  }
  expect(flushed).toEqual(Array.from({ length: 1000 }, (_, number) => number));
  expect(turns).toBeLessThan(20);
});

test("writes that come later, also in the middle of another, have their turn", async () => {
  const flushed: string[] = [];
  const write = (name: string) => inTurn({ flush: () => void flushed.push(name) });
  for (let number = 0; number < 300; number++) {
    inTurn({ flush: () => write(`after ${number}`) });
    if (number % 7 === 0) await turn();
  }
  for (let turns = 0; turns < 20 && flushed.length < 300; turns++) await turn();
  expect(flushed).toHaveLength(300);
  expect(new Set(flushed).size).toBe(300);
});
