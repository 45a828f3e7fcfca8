/**
 * The server's end of a connection in memory, for one request to an app.
 *
 * @module
 */

import { setImmediate } from "node:timers";
import { printError, reporter } from "../report/reporter.ts";
import { recordHere } from "../runtime/chosen.ts";
import { Connection } from "../server/connection.ts";
import type { HandleOptions } from "../server/handle.ts";
import { type App, type FetchHandler, toHandler } from "../server/handler.ts";
import type { ServerInternals } from "../server/internals.ts";
import { withoutServer } from "../server/without-server.ts";
import type { Accept } from "../transport/socket.ts";
import { connectPair } from "./socket-pair.ts";

/** One request to an app, over a connection in memory. */
export class InProcess {
  readonly #internals: ServerInternals;
  readonly #work: Promise<unknown>[] = [];
  readonly #closed: Promise<void>;
  #close!: () => void;
  #completed: Promise<void> | undefined;

  /** @throws {ScgiError} `OPTION_INVALID`. */
  constructor(app: App<never>, options: HandleOptions) {
    const handler = toHandler(app);
    const noting: FetchHandler = (request, env, context) => {
      this.#completed = context.completed;
      return handler(request, env, context);
    };
    const report = reporter(options.onError ?? printError, printError);
    this.#internals = {
      ...withoutServer(noting, options, report),
      waitUntil: (promise) => {
        const work = Promise.resolve(promise);
        this.#work.push(work);
        work.catch((error) => report(error, undefined));
      },
    };
    this.#closed = new Promise((resolve) => this.#close = resolve);
  }

  /** Connects a client, which sends the request. */
  readonly connect = (client: Accept): void => {
    const restore = recordHere();
    connectPair(client, (socket) =>
      new Connection(this.#internals, socket, () => {
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
