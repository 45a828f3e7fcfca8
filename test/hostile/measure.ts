/** What a process holds and takes, and how long its answers take. */

import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/** How many sockets a process has open. */
export function socketsOf(pid: number): number {
  const folder = `/proc/${pid}/fd`;
  return readdirSync(folder).filter((name) => {
    try {
      return readlinkSync(`${folder}/${name}`).startsWith("socket:");
    } catch {
      return false;
    }
  }).length;
}

/** The part of one processor that a process takes over some time, from 0 on. */
export async function load(pid: number, ms: number): Promise<number> {
  const [before, start] = [processorTime(pid), performance.now()];
  await sleep(ms);
  return (processorTime(pid) - before) * 1000 / (performance.now() - start);
}

/** In seconds; Linux tells of them in ticks of 10 ms. */
function processorTime(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const [user, system] = stat.slice(stat.lastIndexOf(")")).split(" ").slice(12, 14);
  return (Number(user) + Number(system)) / 100;
}

/** Ordinary clients, one request after the other, for as long as it is said. */
export class Clients {
  /** What went wrong. */
  readonly failures: string[] = [];
  #times: number[] = [];
  #busy = true;
  readonly #done: Promise<unknown>;

  /** Lets some of them do something again and again. */
  constructor(count: number, action: () => Promise<unknown>) {
    this.#done = Promise.all(Array.from({ length: count }, () => this.#repeat(action)));
  }

  /** The 99th percentile of what it took since the last call, in milliseconds. */
  p99(): number {
    const times = this.#times.sort((one, other) => one - other);
    this.#times = [];
    return times[Math.floor(times.length * 0.99)] ?? Infinity;
  }

  /** Lets them end. */
  async stop(): Promise<void> {
    this.#busy = false;
    await this.#done;
  }

  async #repeat(action: () => Promise<unknown>): Promise<void> {
    while (this.#busy) {
      const start = performance.now();
      await action().catch((error) => this.failures.push(String(error)));
      this.#times.push(performance.now() - start);
    }
  }
}
