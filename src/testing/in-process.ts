/**
 * The server's end of a connection in memory, for one request to an app.
 *
 * @module
 */

import { setImmediate } from "node:timers";
import { guarded, printError, reporter } from "../report/reporter.ts";
import { recordHere } from "../runtime/chosen.ts";
import { Connection } from "../server/connection.ts";
import type { HandleOptions } from "../server/handle.ts";
import { type App, type FetchHandler, toHandler } from "../server/handler.ts";
import { readLimits, readMapping } from "../server/options.ts";
import type { Accept } from "../transport/socket.ts";
import { connectPair } from "./socket-pair.ts";

/** One request to an app, over a connection in memory. */
export class InProcess {
  readonly #handler: FetchHandler;
  readonly #options: HandleOptions;
  readonly #work: Promise<unknown>[] = [];
  readonly #closed: Promise<void>;
  #close!: () => void;
  #completed: Promise<void> | undefined;

  /** @throws {ScgiError} `OPTION_INVALID`. */
  constructor(app: App<never>, options: HandleOptions) {
    const handler = toHandler(app);
    this.#handler = (request, env, context) => {
      this.#completed = context.completed;
      return handler(request, env, context);
    };
    this.#options = options;
    this.#closed = new Promise((resolve) => this.#close = resolve);
    readLimits(options);
    readMapping(options);
  }

  /** Connects a client, which sends the request. */
  readonly connect = (client: Accept): void => {
    const report = reporter(this.#options.onError ?? printError, printError);
    const restore = recordHere();
    const warn = guarded((error: unknown) => void report(error, undefined), printError);
    const internals = {
      handler: this.#handler,
      limits: readLimits(this.#options),
      mapping: readMapping(this.#options),
      stopping: false,
      now: () => 0,
      watchSoon() {},
      report,
      reject() {},
      traffic: { in: 0, out: 0 },
      tunnels: { open: 0 },
      requests: { add() {} },
      log: undefined,
      warn,
      waitUntil: (promise: Promise<unknown>): void => {
        const work = Promise.resolve(promise);
        this.#work.push(work);
        work.catch(warn);
      },
    };
    connectPair(client, (socket) =>
      new Connection(internals, socket, () => {
        restore();
        this.#close();
      }));
  };

  /**
   * Waits until the response was delivered and the work that `waitUntil` was given is done; rejects
   * with the first failure of them.
   */
  async settle(): Promise<void> {
    await this.#closed;
    // The cancel of a stream that is not sent comes with the next turn.
    await new Promise<void>((resolve) => setImmediate(resolve));
    await this.#completed;
    for (const work of this.#work) await work;
  }
}
