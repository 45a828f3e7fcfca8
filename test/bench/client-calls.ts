/** A client's process: calls, so many at a time, for as long as each line of its input says. */

import process from "node:process";
import { createInterface } from "node:readline";
import { TEXT } from "./scenarios.ts";

/** What it is asked. */
export interface CallOrder {
  readonly milliseconds: number;
  /** Calls that are under way at a time. */
  readonly concurrency: number;
}

/** What came of it. */
export interface Called {
  readonly requests: number;
  readonly seconds: number;
}

/** Obeys until its input ends. A call gives the reply, or its body. */
export async function obey(call: () => Promise<string>): Promise<void> {
  for await (const line of createInterface({ input: process.stdin })) {
    try {
      console.log(JSON.stringify(await callFor(JSON.parse(line) as CallOrder, call)));
    } catch (error) {
      console.log(JSON.stringify({ error: String(error) }));
    }
  }
}

async function callFor(
  { milliseconds, concurrency }: CallOrder,
  call: () => Promise<string>,
): Promise<Called> {
  const start = performance.now();
  let requests = 0;
  const one = async () => {
    while (performance.now() < start + milliseconds) {
      const reply = await call();
      if (!reply.endsWith(TEXT)) throw new Error(`Another reply: ${reply}`);
      requests += 1;
    }
  };
  await Promise.all(Array.from({ length: concurrency }, one));
  return { requests, seconds: (performance.now() - start) / 1000 };
}
