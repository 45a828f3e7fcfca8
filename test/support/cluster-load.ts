/** Requests to a cluster, and what becomes of each. */

import { setTimeout as sleep } from "node:timers/promises";
import type { Backend } from "./cluster.ts";

/** What became of one request. */
export interface Outcome {
  /** The name of the backend that answered; undefined where none did. */
  backend: string | undefined;
  /** The reply's status; 0 where there was none. */
  status: number;
  /** The reply's body, or what was wrong. */
  text: string;
  /** When it was sent, as `performance.now()` has it. */
  sentAt: number;
}

/** Sends one request, and looks which backend has answered it. */
export async function request(url: string, init: RequestInit = {}): Promise<Outcome> {
  const sentAt = performance.now();
  try {
    const reply = await fetch(url, { ...init, signal: AbortSignal.timeout(20_000) });
    const text = await reply.text();
    const backend = reply.status === 200 ? /^([abc]): /.exec(text)?.[1] : undefined;
    return { backend, status: reply.status, text, sentAt };
  } catch (error) {
    return { backend: undefined, status: 0, text: String(error), sentAt };
  }
}

/** Requests without end, sixteen at a time. */
export class Load implements AsyncDisposable {
  /** How many were answered by each backend. */
  readonly answered: Record<string, number> = { a: 0, b: 0, c: 0 };
  /** Those that no backend has answered. */
  readonly failed: Outcome[] = [];
  readonly #senders: Promise<void>[];
  #stopped = false;

  constructor(url: string, init?: RequestInit) {
    this.#senders = Array.from({ length: 16 }, async () => {
      while (!this.#stopped) {
        const outcome = await request(url, init);
        const { backend } = outcome;
        if (backend === undefined) this.failed.push(outcome);
        else this.answered[backend] = (this.answered[backend] ?? 0) + 1;
      }
    });
  }

  /** How many have come to an end. */
  get total(): number {
    return Object.values(this.answered).reduce((sum, count) => sum + count, this.failed.length);
  }

  /** Waits for so many more. */
  async more(count: number): Promise<void> {
    const goal = this.total + count;
    await this.until(() => this.total >= goal);
  }

  /** Waits until something holds; throws after fifteen seconds. */
  async until(holds: () => boolean): Promise<void> {
    const deadline = Date.now() + 15_000;
    while (!holds()) {
      if (Date.now() > deadline) {
        throw new Error(`Not in 15 s: ${JSON.stringify([this.answered, this.failed.slice(0, 5)])}`);
      }
      await sleep(2);
    }
  }

  /** Waits until a backend answers from now on. */
  async answersBy({ name }: Backend, count = 1): Promise<void> {
    const goal = (this.answered[name] ?? 0) + count;
    await this.until(() => (this.answered[name] ?? 0) >= goal);
  }

  /** Sends no more, and waits for those under way. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#senders);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}
