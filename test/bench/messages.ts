/** What a generator of messages measures. */

import process from "node:process";

/** What came of it. */
export interface Messages {
  /** Messages that came from the server. */
  readonly messages: number;
  readonly seconds: number;
  /** CPU time of the generator. */
  readonly cpuMicroseconds: number;
}

/** Exchanges messages until about a time by `performance.now()`, and measures that. */
export function timed(milliseconds: number, exchange: (deadline: number) => number): Messages {
  const cpu = process.cpuUsage();
  const start = performance.now();
  const messages = exchange(start + milliseconds);
  const { user, system } = process.cpuUsage(cpu);
  return {
    messages,
    seconds: (performance.now() - start) / 1000,
    cpuMicroseconds: user + system,
  };
}
