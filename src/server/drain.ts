/**
 * The drain of a server that stops: its connections, and the promises of `waitUntil`, are waited for
 * up to `shutdownTimeout`, and aborted then.
 *
 * @module
 */

import { clearTimeout } from "node:timers";
import type { Connection } from "./connection.ts";
import type { ScgiError } from "../errors.ts";
import { isDisconnect } from "./failures.ts";
import { failureOf } from "../report/failure.ts";
import type { OnError } from "../report/reporter.ts";
import { later } from "../transport/later.ts";

/** The time that a connection accepted at the stop has for its first byte. */
const SILENT_GRACE_MS = 100;
/**
 * The time for the responses to aborted requests: less than the second after which a worker that stops
 * is killed.
 */
const LAST_REPLIES_MS = 500;

/** The connections that a drain waits for. */
export interface Connections {
  readonly size: number;
  each(action: (connection: Connection) => unknown): void;
}

/** The drain of one server, or of the requests that are open in it. */
export class Drain {
  /** Resolves when {@linkcode run} has ended. */
  readonly finished: Promise<void>;
  #finish!: () => void;
  readonly #connections: Connections;
  readonly #report: OnError;
  readonly #work: Set<Promise<unknown>> = new Set();
  /** The time for which requests are waited for, in milliseconds. */
  #patience: number;
  /** Shortens the wait for requests, where it is under way. */
  #hurry: ((ms: number) => void) | undefined;
  #idle: (() => void) | undefined;

  constructor(connections: Connections, patience: number, report: OnError) {
    this.finished = new Promise((resolve) => this.#finish = resolve);
    this.#connections = connections;
    this.#patience = patience;
    this.#report = report;
  }

  /** Waits for a promise at the stop, and reports its rejection; it works taken off the object. */
  readonly waitUntil = (promise: Promise<unknown>): void => {
    const work = Promise.resolve(promise)
      .catch((error) => this.#reject(error))
      .then(() => {
        this.#work.delete(work);
        this.checkIdle();
      });
    this.#work.add(work);
  };

  #reject(thrown: unknown): void {
    const error = failureOf(thrown);
    // The reason of a signal: closed tabs are not errors.
    if (error !== thrown && isDisconnect(error as ScgiError)) return;
    void this.#report(error, undefined);
  }

  /** Sets the time for which requests are waited for, before {@linkcode run}. */
  setPatience(ms: number = this.#patience): void {
    this.#patience = ms;
  }

  /** Waits no longer than so many milliseconds from now on. */
  hurry(ms: number): void {
    this.#patience = Math.min(this.#patience, ms);
    this.#hurry?.(ms);
  }

  /** Ends the wait where nothing is left. */
  checkIdle(): void {
    if (this.#connections.size === 0 && this.#work.size === 0) this.#idle?.();
  }

  /**
   * Waits, then aborts the rest.
   *
   * @param keeps Whether upgraded connections stay open until the wait is over.
   */
  async run(keeps = false): Promise<void> {
    const connections = this.#connections;
    connections.each((connection) => connection.silent || connection.stop(keeps));
    later(
      SILENT_GRACE_MS,
      () => connections.each((connection) => connection.silent && connection.stop()),
    );
    await this.#untilIdle(this.#patience, true);
    connections.each((connection) => connection.expire());
    if (connections.size > 0) await this.#untilIdle(LAST_REPLIES_MS, false);
    connections.each((connection) => connection.abort());
    this.#finish();
  }

  /** Resolves when no request and no work is left, or after a time, which may be shortened. */
  #untilIdle(limit: number, shortens: boolean): Promise<void> {
    return new Promise((resolve) => {
      let until = performance.now() + limit;
      let timer = later(limit, resolve);
      const hurry = (ms: number): void => {
        // Another call of `shutdown()` does not begin the wait anew.
        if (performance.now() + ms >= until) return;
        until = performance.now() + ms;
        clearTimeout(timer);
        timer = later(ms, resolve);
      };
      this.#hurry = shortens ? hurry : undefined;
      this.#idle = () => {
        clearTimeout(timer);
        resolve();
      };
      this.checkIdle();
    });
  }
}
