/** A process of the benchmark that obeys: a line of JSON in for each order, a line out for what came of it. */

import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { forget, remember } from "../support/leftovers.ts";

const root = join(import.meta.dirname, "../..");

/** It runs. */
export class OrderedProcess<Order> {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor([program, ...args]: string[]) {
    this.#child = spawn(program!, args, { cwd: root, stdio: ["pipe", "pipe", "inherit"] });
    remember(this.#child.pid!);
    this.#lines = createInterface({ input: this.#child.stdout! })[Symbol.asyncIterator]();
  }

  /** Its number. */
  get pid(): number {
    return this.#child.pid!;
  }

  /** Gives what it answers; throws where it cannot obey, or takes too long. */
  async order<Answer>(order: Order, milliseconds: number): Promise<Answer> {
    this.#child.stdin!.write(`${JSON.stringify(order)}\n`);
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), milliseconds);
    const { value } = await this.#lines.next() as { value?: string };
    clearTimeout(timer);
    if (value === undefined) throw new Error(`It ended at the order ${JSON.stringify(order)}`);
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
