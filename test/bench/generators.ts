/** The load generators' processes, as the benchmark sees them. */

import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { forget, remember } from "../support/leftovers.ts";
import type { Load, Loaded } from "./generator.ts";
import { merge } from "./latency.ts";
import type { Order } from "./load.ts";

const script = join(import.meta.dirname, "load.ts");

/** One process. */
class Generator {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor() {
    this.#child = spawn(process.execPath, [script], { stdio: ["pipe", "pipe", "inherit"] });
    remember(this.#child.pid!);
    this.#lines = createInterface({ input: this.#child.stdout! })[Symbol.asyncIterator]();
  }

  /** Gives what it answers; throws where it cannot obey, or takes too long. */
  async order<Answer>(order: Order, milliseconds: number): Promise<Answer> {
    this.#child.stdin!.write(`${JSON.stringify(order)}\n`);
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), milliseconds);
    const { value } = await this.#lines.next() as { value?: string };
    clearTimeout(timer);
    if (value === undefined) throw new Error(`The generator ended: ${JSON.stringify(order)}`);
    const answer = JSON.parse(value) as Answer & { error?: string };
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer;
  }

  /** Ends it. */
  stop(): void {
    this.#child.kill();
    forget(this.#child.pid!);
  }
}

/** What a server may take for the last replies, and for one that is large. */
const PATIENCE_MS = 30_000;

/** All of them. */
export class Generators {
  readonly #all: Generator[];

  constructor(count: number) {
    this.#all = Array.from({ length: count }, () => new Generator());
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
