/** The load generators' processes, as the benchmark sees them. */

import { join } from "node:path";
import process from "node:process";
import type { Load, Loaded } from "./generator.ts";
import { merge } from "./latency.ts";
import type { Order } from "./load.ts";
import { OrderedProcess } from "./ordered-process.ts";

const script = join(import.meta.dirname, "load.ts");

/** What a server may take for the last replies, and for one that is large. */
const PATIENCE_MS = 30_000;

/** All of them. */
export class Generators {
  readonly #all: OrderedProcess<Order>[];

  constructor(count: number) {
    this.#all = Array.from({ length: count }, () => new OrderedProcess([process.execPath, script]));
  }

  /** Shares a load among as many as it has connections. */
  async generate(load: Load): Promise<Loaded> {
    const used = this.#all.slice(0, load.concurrency);
    const share = (whole: number, index: number) =>
      Math.floor(whole / used.length) + (index < whole % used.length ? 1 : 0);
    const loaded = await Promise.all(used.map((generator, index) => {
      const concurrency = share(load.concurrency, index);
      const requests = share(load.requests, index);
      const rate = load.rate && load.rate / used.length;
      const order: Order = { kind: "generate", load: { ...load, concurrency, requests, rate } };
      return generator.order<Loaded>(order, load.milliseconds + PATIENCE_MS);
    }));
    return {
      requests: loaded.reduce((sum, { requests }) => sum + requests, 0),
      seconds: Math.max(...loaded.map(({ seconds }) => seconds)),
      cpuMicroseconds: loaded.reduce((sum, { cpuMicroseconds }) => sum + cpuMicroseconds, 0),
      latencies: merge(loaded.map(({ latencies }) => latencies)),
    };
  }

  /** Has one of them give an order. */
  async order<Answer>(order: Order): Promise<Answer> {
    return await this.#all[0]!.order<Answer>(order, PATIENCE_MS);
  }

  /** Ends them. */
  stop(): void {
    for (const generator of this.#all) generator.stop();
  }
}
