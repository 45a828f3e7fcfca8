/**
 * A server: its listeners, its connections, and its way from start to stop.
 *
 * @module
 */

import { clearTimeout, setImmediate, setTimeout } from "node:timers";
import type { ListenAddress, ServerAddress } from "./address.ts";
import { isWide, type PeerFilter, peerFilter } from "./allow.ts";
import { Capacity } from "./capacity.ts";
import { Clock } from "./clock.ts";
import { Connection } from "./connection.ts";
import type { ScgiError, ScgiErrorCode } from "./errors.ts";
import * as faults from "./faults.ts";
import { type App, type FetchHandler, toHandler } from "./handler.ts";
import type { Host, Traffic } from "./host.ts";
import {
  type Limits,
  type Mapping,
  readAddresses,
  readLimits,
  readMapping,
  type ServeOptions,
} from "./options.ts";
import { printError, reporter } from "./reporter.ts";
import { Roster } from "./roster.ts";
import { recordHere } from "./sockets/late-response.ts";
import { listen } from "./sockets/listen.ts";
import type { Listener, Socket, SocketEvents } from "./sockets/socket.ts";
import { withSystemd } from "./sockets/systemd.ts";

/** What a server has done so far. */
export interface ServerStats {
  /** Connections that came. */
  accepted: number;
  /** Those that are open. */
  active: number;
  /** How many were refused or given up, by the code of the reason. */
  rejected: Partial<Record<ScgiErrorCode, number>>;
  /** Bytes that were received. */
  bytesIn: number;
  /** Bytes that were sent, or wait to be. */
  bytesOut: number;
}

/** How to stop. */
export interface ShutdownOptions {
  /** How long requests are waited for, in milliseconds. `shutdownTimeout` unless set. */
  timeout?: number | undefined;
}

/** A running server, shaped as `Deno.HttpServer` is. */
export interface Server {
  /** Resolves when every address listens; rejects where one cannot. */
  readonly ready: Promise<void>;
  /** Resolves when the server has stopped; rejects where it could not start. */
  readonly finished: Promise<void>;
  /** The first address; null until {@linkcode ready}. */
  readonly addr: ListenAddress | null;
  /** All addresses; null until {@linkcode ready}. */
  readonly addrs: readonly ListenAddress[] | null;
  /**
   * Stops: serves what waits to be accepted, accepts no more, ends event streams, waits for
   * requests and for `waitUntil` up to `shutdownTimeout`, and aborts the rest. Called again, it
   * gives the same promise; with a `timeout`, it waits no longer than that from then on.
   */
  shutdown(options?: ShutdownOptions): Promise<void>;
  /** What it has done so far. */
  stats(): ServerStats;
  /** Lets the server hold the process, as it does from the start. */
  ref(): void;
  /** Lets the process end while the server listens. */
  unref(): void;
  /** The same as {@linkcode shutdown}. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Serves an app over SCGI.
 *
 * @param app A fetch handler, or an object with one: a Hono app, a Worker-style module.
 * @param options Where to listen (127.0.0.1:4000 unless set), limits and time-outs.
 * @throws {ScgiError} `ADDRESS_INVALID` or `OPTION_INVALID` for options that cannot be, at once.
 * What the system refuses, and a wrong entry of `allow`, reject {@linkcode Server.ready}.
 *
 * @example
 * ```ts
 * import { serve } from "scgi";
 *
 * const server = serve(() => new Response("Hello"), { port: 0 });
 * await server.ready;
 * console.log(server.addr); // { transport: "tcp", hostname: "127.0.0.1", port: … }
 * await server.shutdown();
 * ```
 */
export function serve<Env = Record<string, unknown>>(
  app: App<Env>,
  options: ServeOptions = {},
): Server {
  return new ScgiServer(toHandler(app), options);
}

/** How long a connection that was just accepted may take for its first byte once it is stopped. */
const SILENT_GRACE_MS = 100;
/** The longest that a TCP backlog that never empties is served after the stop. */
const BACKLOG_MS = 1000;
/** How many such turns in a row bring none before the rest is believed to be none. */
const QUIET_TURNS = 2;
/** Turns of the loop before a listener is closed. */
const LAST_TURNS = 2;
/** How long a turn is in which the loop may bring connections. */
const BACKLOG_TURN_MS = 5;
/** How long the replies to requests that were given up may take. */
const LAST_REPLIES_MS = 1000;
/** How soon the peer of a handler that works is watched, where that costs something. */
const WATCH_MS = 5;

class ScgiServer implements Server, Host {
  readonly ready: Promise<void>;
  readonly finished: Promise<void>;
  readonly handler: FetchHandler;
  readonly limits: Limits;
  readonly mapping: Mapping;
  readonly waitUntil: (promise: Promise<unknown>) => void;
  readonly report: Host["report"];
  readonly log: Host["log"];
  readonly traffic: Traffic = { in: 0, out: 0 };
  stopping = false;

  readonly #options: ServeOptions;
  readonly #connections: Roster<Connection> = new Roster();
  readonly #work: Set<Promise<unknown>> = new Set();
  readonly #warned: Set<string> = new Set();
  readonly #clock: Clock;
  readonly #restore: () => void;
  readonly #started: Promise<void>;
  #finish!: () => void;
  readonly #onAbort = (): void => void this.shutdown();
  readonly #capacity: Capacity;
  readonly #rejected: Map<ScgiErrorCode, number> = new Map();
  #listeners: Listener[] = [];
  #accepted = 0;
  #listening = false;
  #referenced = true;
  #watched: Connection[] = [];
  #shutdown: Promise<void> | undefined;
  /** How long the stop waits for requests, in milliseconds. */
  #patience: number;
  #hurry: (() => void) | undefined;
  #idle: (() => void) | undefined;

  constructor(handler: FetchHandler, options: ServeOptions) {
    this.handler = handler;
    this.limits = readLimits(options);
    this.#patience = this.limits.shutdownTimeout;
    this.#capacity = new Capacity(options.maxConnections);
    this.log = options.log;
    this.mapping = readMapping(options);
    this.waitUntil = (promise) => this.#wait(promise);
    this.report = reporter(options.onError ?? printError, printError);
    this.#options = options;
    this.#clock = new Clock(this.limits, () => this.#tick());
    const addresses = readAddresses(options);
    this.#restore = options.recordResponses === false ? () => {} : recordHere();
    this.#started = this.#start(addresses);
    // Nobody has looked at this one yet: a busy port is an unhandled rejection unless somebody does.
    this.ready = this.#started.then(() => {});
    this.finished = new Promise((resolve, reject) => {
      this.#finish = resolve;
      this.#started.catch(reject);
    });
    this.finished.catch(() => {});
    options.signal?.addEventListener("abort", this.#onAbort, { once: true });
    if (options.signal?.aborted === true) this.shutdown();
  }

  get addr(): ListenAddress | null {
    return this.addrs?.[0] ?? null;
  }

  get addrs(): readonly ListenAddress[] | null {
    return this.#listening ? this.#listeners.map((listener) => listener.address) : null;
  }

  shutdown({ timeout }: ShutdownOptions = {}): Promise<void> {
    this.#patience = Math.min(this.#patience, timeout ?? Infinity);
    this.#hurry?.();
    return this.#shutdown ??= this.#stop();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.shutdown();
  }

  ref(): void {
    this.#referenced = true;
    for (const listener of this.#listeners) listener.ref();
  }

  unref(): void {
    this.#referenced = false;
    for (const listener of this.#listeners) listener.unref();
  }

  now(): number {
    return this.#clock.now;
  }

  watchSoon(connection: Connection): void {
    if (this.#watched.push(connection) > 1) return;
    setTimeout(() => {
      const watched = this.#watched;
      this.#watched = [];
      for (const connection of watched) connection.watch();
    }, WATCH_MS);
  }

  reject(code: ScgiErrorCode): void {
    this.#rejected.set(code, (this.#rejected.get(code) ?? 0) + 1);
  }

  stats(): ServerStats {
    return {
      accepted: this.#accepted,
      active: this.#connections.size,
      rejected: Object.fromEntries(this.#rejected),
      bytesIn: this.traffic.in,
      bytesOut: this.traffic.out,
    };
  }

  warn(error: ScgiError): void {
    if (this.#warned.has(error.code)) return;
    this.#warned.add(error.code);
    this.report(error, undefined);
  }

  closed(connection: Connection): void {
    this.#connections.delete(connection);
    this.#capacity.freed(this.#connections.size);
    this.#checkIdle();
  }

  async #start(addresses: readonly ServerAddress[]): Promise<void> {
    const { reusePort = false, onListen, allow } = this.#options;
    try {
      const allowed = allow === undefined ? undefined : await peerFilter(allow);
      for (const address of withSystemd(addresses)) {
        this.#listeners.push(
          await listen(
            address,
            { reusePort },
            (socket) => this.#accept(socket, "unix" in address ? undefined : allowed),
          ),
        );
      }
      this.#capacity.open(this.#listeners);
      this.#listening = true;
      if (!this.#referenced) this.unref();
      for (const { address } of this.#listeners) {
        if (allow === undefined && isWide(address)) this.warn(faults.listensWidely(address));
        onListen?.(address);
      }
    } catch (error) {
      this.#listening = false;
      for (const listener of this.#listeners) listener.removePath?.();
      await this.#closeListeners();
      this.#restore();
      throw error;
    }
  }

  #accept(socket: Socket, allowed: PeerFilter | undefined): SocketEvents {
    this.#accepted++;
    // An inherited socket without addresses is a Unix socket, or the peer has left already.
    const remoteAddress = allowed && socket.remoteAddress;
    if (remoteAddress !== undefined && !allowed!(remoteAddress)) {
      this.reject("PEER_REFUSED");
      this.warn(faults.peerRefused(remoteAddress));
      return turnAway(socket);
    }
    const admission = this.#capacity.admit(this.#connections.size);
    if (admission === "close") {
      this.reject("TOO_MANY_CONNECTIONS");
      this.warn(faults.busy());
      return turnAway(socket);
    }
    if (this.#capacity.waiting) this.warn(faults.full(this.#capacity.most));
    this.#clock.run();
    const connection = new Connection(this, socket);
    this.#connections.add(connection);
    if (admission === "refuse") queueMicrotask(() => connection.refuseOverload());
    return connection;
  }

  #tick(): void {
    if (this.#connections.size === 0) return this.#clock.rest();
    const { now } = this.#clock;
    this.#connections.each((connection) => connection.tick(now));
  }

  #wait(promise: Promise<unknown>): void {
    const work = Promise.resolve(promise)
      .catch((error) => void this.report(error, undefined))
      .then(() => {
        this.#work.delete(work);
        this.#checkIdle();
      });
    this.#work.add(work);
  }

  async #stop(): Promise<void> {
    this.#options.signal?.removeEventListener("abort", this.#onAbort);
    // At once, for a process that does not live on.
    if (this.#listening) { for (const listener of this.#listeners) listener.removePath?.(); }
    try {
      await this.#started;
    } catch {
      return;
    }
    this.stopping = true;
    for (const listener of this.#listeners) listener.removePath?.();
    await this.#serveBacklog();
    await this.#closeListeners();
    this.#connections.each((connection) => connection.silent || connection.stop());
    later(
      SILENT_GRACE_MS,
      () => this.#connections.each((connection) => connection.silent && connection.stop()),
    );
    await this.#untilIdle(() => this.#patience);
    this.#connections.each((connection) => connection.expire());
    if (this.#connections.size > 0) await this.#untilIdle(() => LAST_REPLIES_MS);
    this.#connections.each((connection) => connection.abort());
    this.#clock.rest();
    this.#restore();
    this.#finish();
  }

  async #closeListeners(): Promise<void> {
    await Promise.all(this.#listeners.map((listener) => listener.close()));
  }

  /** Connections that the kernel has taken are promised an answer. */
  async #serveBacklog(): Promise<void> {
    const until = performance.now() + BACKLOG_MS;
    for (let quiet = 0; quiet < QUIET_TURNS && performance.now() < until;) {
      const [accepted, start] = [this.#accepted, performance.now()];
      await new Promise((resolve) => setTimeout(resolve, BACKLOG_TURN_MS));
      // A turn that comes late says nothing: the loop was busy.
      const late = performance.now() - start > 3 * BACKLOG_TURN_MS;
      quiet = this.#accepted === accepted && !this.#capacity.waiting && !late ? quiet + 1 : 0;
    }
    // What came while the last timer was due is not taken yet, and closing would reset it.
    for (let turn = 0; turn < LAST_TURNS; turn++) {
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
  }

  /** Resolves when no request and no work is left, or after a time. */
  #untilIdle(limit: () => number): Promise<void> {
    return new Promise((resolve) => {
      let timer = later(limit(), resolve);
      this.#hurry = () => {
        clearTimeout(timer);
        timer = later(limit(), resolve);
      };
      this.#idle = () => {
        clearTimeout(timer);
        resolve();
      };
      this.#checkIdle();
    });
  }

  #checkIdle(): void {
    if (this.#connections.size === 0 && this.#work.size === 0) this.#idle?.();
  }
}

/** A timer that does not hold the process. */
function later(ms: number, action: () => void): NodeJS.Timeout {
  return setTimeout(action, ms).unref();
}

/** Closes a connection unanswered. */
function turnAway(socket: Socket): SocketEvents {
  queueMicrotask(() => socket.abort());
  return { data: () => false, end() {}, drain() {}, close() {} };
}
