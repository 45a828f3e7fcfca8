/** What an app waits for before it sends the next part of a reply, so that no clock is needed. */

import { setTimeout as sleep } from "node:timers/promises";

const NAMES = ["one", "two", "three"];

/** After so long a wait the reply counts as held back, and the rest is given to get to its end. */
const PATIENCE = 10_000;

/** A server that gives the parts "one", "two" and "three", each when the test lets it. */
export class Upstream implements Disposable {
  /** How many parts have been let go. */
  given = 1;
  /** Which test asks; what an earlier one has left behind concerns nobody. */
  #turn = 0;
  #wake = Promise.withResolvers<void>();
  readonly #server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    idleTimeout: 0,
    fetch: (request) => this.#answer(new URL(request.url).pathname.slice(1)),
  });

  /** Its address, without a slash at the end. */
  get origin(): string {
    return this.#server.url.origin;
  }

  /** Begins anew: the first part is free. */
  reset(): void {
    this.#turn++;
    this.given = 0;
    this.next();
  }

  /** Lets the next part go. */
  next(): void {
    this.given++;
    this.#wake.resolve();
    this.#wake = Promise.withResolvers();
  }

  async #answer(name: string): Promise<Response> {
    const number = NAMES.indexOf(name) + 1;
    const turn = this.#turn;
    const patience = AbortSignal.timeout(PATIENCE);
    while (turn === this.#turn && this.given < number && !patience.aborted) {
      await Promise.race([this.#wake.promise, sleep(PATIENCE)]);
    }
    // The first wait that is too long is the last one.
    if (turn === this.#turn && this.given < number) this.given = NAMES.length;
    return new Response(name);
  }

  [Symbol.dispose](): void {
    this.#server.stop(true);
  }
}
