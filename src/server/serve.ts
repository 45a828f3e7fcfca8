/**
 * A server: its listeners, its connections, and its way from start to stop.
 *
 * @module
 */

import type { ListenAddress, ServerAddress } from "../address.ts";
import { AccessLog } from "./access-log.ts";
import { isWide, type PeerFilter, peerFilter } from "./allow.ts";
import { emptyBacklog } from "./backlog.ts";
import { Capacity } from "./capacity.ts";
import { Clock } from "./clock.ts";
import { Connection } from "./connection.ts";
import { Drain } from "./drain.ts";
import type { ScgiError } from "../errors.ts";
import * as failures from "./failures.ts";
import { type App, type FetchHandler, toHandler } from "./handler.ts";
import type { HandlerEnv } from "../cgi/cgi-variables.ts";
import type { ServerInternals } from "./internals.ts";
import { readLogFormat } from "./log-format.ts";
import { readAddresses, readLimits, readMapping, type ServeOptions } from "./options.ts";
import { guarded, printError, reporter } from "../report/reporter.ts";
import { ConnectionSet } from "./connection-set.ts";
import { OpenRequests } from "./open-requests.ts";
import type { Server, ShutdownOptions } from "./server.ts";
import { Succession } from "./succession.ts";
import { recordHere } from "../runtime/chosen.ts";
import { anchored } from "../runtime/sockets/bound-path.ts";
import { listen } from "../runtime/sockets/listen.ts";
import type { Listener, Socket, SocketEvents } from "../transport/socket.ts";
import { withSystemd } from "../runtime/system/systemd.ts";
import { type ServerState, type ServerStats, Statistics } from "./statistics.ts";
import { WatchList } from "./watch-list.ts";

/**
 * Serves an app over SCGI.
 *
 * @param app A fetch handler, or an object with one: a Hono app, a Worker-style module.
 * @param options Where to listen (127.0.0.1:4000 unless set), limits and time-outs.
 * @throws {ScgiError} `ADDRESS_INVALID` or `OPTION_INVALID` for wrong options, at once. An address that
 * the system refuses, and a wrong entry of `allow`, reject {@linkcode Server.ready}.
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
export function serve<Env = HandlerEnv>(
  app: App<Env>,
  options: ServeOptions = {},
): Server {
  return new ScgiServer(toHandler(app), options);
}

class ScgiServer implements Server {
  readonly ready: Promise<void>;
  readonly finished: Promise<void>;

  readonly #options: ServeOptions;
  readonly #internals: ServerInternals;
  readonly #onListen: (address: ListenAddress) => void;
  readonly #connections: ConnectionSet<Connection> = new ConnectionSet();
  readonly #closed = (connection: Connection): void => this.#forget(connection);
  readonly #warned: Set<string> = new Set();
  readonly #clock: Clock;
  readonly #restore: () => void;
  readonly #started: Promise<void>;
  #finish!: () => void;
  readonly #onAbort = (): void => void this.shutdown();
  readonly #succession: Succession = new Succession(
    this.#onAbort,
    (address) => this.#warn(failures.predecessorStays(address)),
  );
  readonly #capacity: Capacity;
  readonly #drain: Drain;
  /** The drains of requests that are finished while the server goes on listening. */
  readonly #partial: Set<OpenRequests> = new Set();
  readonly #statistics: Statistics = new Statistics();
  #listeners: Listener[] = [];
  #listening = false;
  #stopping = false;
  /** Whether the server has stopped, or could not start. */
  #over = false;
  /** Whether the stop keeps upgraded connections until its wait is over. */
  #keepsUpgraded = true;
  #referenced = true;
  #shutdown: Promise<void> | undefined;

  constructor(handler: FetchHandler, options: ServeOptions) {
    const limits = readLimits(options);
    const format = readLogFormat(options.logFormat);
    const report = reporter(options.onError ?? printError, printError);
    const reportAlone = (error: unknown) => void report(error, undefined);
    this.#options = options;
    this.#capacity = new Capacity(options.maxConnections);
    this.#onListen = guarded(options.onListen ?? (() => {}), reportAlone);
    this.#drain = new Drain(this.#connections, limits.shutdownTimeout, report);
    const clock = this.#clock = new Clock(limits, () => this.#tick());
    const watchList = new WatchList();
    const isStopping = () => this.#stopping;
    this.#internals = {
      handler,
      limits,
      mapping: readMapping(options),
      get stopping() {
        return isStopping();
      },
      traffic: this.#statistics.traffic,
      tunnels: this.#statistics.tunnels,
      requests: this.#statistics.requests,
      log: options.log && new AccessLog(format, guarded(options.log, reportAlone)),
      waitUntil: this.#drain.waitUntil,
      report,
      now: () => clock.now,
      warn: (error) => this.#warn(error),
      reject: (code) => this.#statistics.reject(code),
      watchSoon: (connection) => watchList.add(connection),
    };
    const addresses = readAddresses(options).map(anchored);
    this.#restore = options.recordResponses === false ? () => {} : recordHere();
    this.#started = this.#start(addresses);
    // Its rejection is left alone: a busy port is an unhandled rejection unless the user handles it.
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

  shutdown({ timeout, keepUpgraded = false }: ShutdownOptions = {}): Promise<void> {
    if (this.#shutdown === undefined) this.#drain.setPatience(timeout);
    else this.#drain.hurry(timeout ?? Infinity);
    if (!keepUpgraded && this.#keepsUpgraded) {
      this.#keepsUpgraded = false;
      if (this.#stopping) this.#connections.each((connection) => connection.stopTunnel());
    }
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

  stats(): ServerStats {
    return this.#statistics.take(this.#state, this.#connections.size);
  }

  get #state(): ServerState {
    if (this.#over) return "stopped";
    if (this.#shutdown !== undefined) return "draining";
    return this.#listening ? "serving" : "starting";
  }

  /** {@inheritDoc drainRequests} */
  static drainRequests(this: void, server: Server): Drain {
    return (server as ScgiServer).#drainRequests();
  }

  /** {@inheritDoc successionOf} */
  static successionOf(this: void, server: Server): Succession {
    return (server as ScgiServer).#succession;
  }

  #drainRequests(): Drain {
    const open = new OpenRequests(this.#connections);
    const { shutdownTimeout } = this.#internals.limits;
    const drain = new Drain(open, shutdownTimeout, this.#internals.report);
    open.onLeft = () => drain.checkIdle();
    this.#partial.add(open);
    void drain.run().then(() => this.#partial.delete(open));
    return drain;
  }

  #warn(error: ScgiError): void {
    const kind = `${error.code} ${error.status}`;
    if (this.#warned.has(kind)) return;
    this.#warned.add(kind);
    void this.#internals.report(error, undefined);
  }

  #forget(connection: Connection): void {
    this.#connections.delete(connection);
    this.#capacity.freed(this.#connections.size);
    this.#drain.checkIdle();
    for (const open of this.#partial) open.delete(connection);
  }

  async #start(addresses: readonly ServerAddress[]): Promise<void> {
    const { reusePort = false, takeOver = false, allow } = this.#options;
    try {
      const allowed = allow === undefined ? undefined : await peerFilter(allow);
      for (const address of withSystemd(addresses)) {
        const accept = (socket: Socket) => this.#accept(socket, allowed);
        this.#listeners.push(await listen(address, { reusePort, takeOver }, accept));
      }
      await this.#succession.begin(this.#listeners);
      this.#capacity.open(this.#listeners);
      this.#listening = true;
      if (!this.#referenced) this.unref();
      for (const { address } of this.#listeners) {
        if (allow === undefined && isWide(address)) this.#warn(failures.listensWidely(address));
        this.#onListen(address);
      }
    } catch (error) {
      this.#listening = false;
      this.#removePaths();
      await this.#closeListeners();
      this.#end();
      throw error;
    }
  }

  #accept(socket: Socket, allowed: PeerFilter | undefined): SocketEvents {
    this.#statistics.accepted++;
    if (allowed !== undefined && !socket.unix) {
      const { remoteAddress } = socket;
      // A peer that has reset its connection by now has no address, and its request is there.
      if (remoteAddress === undefined || !allowed(remoteAddress)) {
        this.#statistics.reject("PEER_REFUSED");
        this.#warn(failures.peerRefused(remoteAddress));
        return turnAway(socket);
      }
    }
    const admission = this.#capacity.admit(this.#connections.size);
    if (admission === "close") {
      this.#statistics.reject("TOO_MANY_CONNECTIONS");
      this.#warn(failures.busy());
      return turnAway(socket);
    }
    if (this.#capacity.waiting) this.#warn(failures.full(this.#capacity.most));
    this.#clock.run();
    const connection = new Connection(this.#internals, socket, this.#closed);
    this.#connections.add(connection);
    if (admission === "refuse") queueMicrotask(() => connection.refuseOverload());
    return connection;
  }

  #tick(): void {
    if (this.#connections.size === 0) return this.#clock.rest();
    const { now } = this.#clock;
    this.#connections.each((connection) => connection.tick(now));
  }

  async #stop(): Promise<void> {
    this.#options.signal?.removeEventListener("abort", this.#onAbort);
    // The paths go at once: the process may not live on.
    if (this.#listening) this.#removePaths();
    try {
      await this.#started;
    } catch {
      return;
    }
    this.#stopping = true;
    this.#succession.end();
    this.#removePaths();
    await emptyBacklog({
      accepted: () => this.#statistics.accepted,
      waiting: () => this.#capacity.waiting,
    });
    await this.#closeListeners();
    await this.#drain.run(this.#keepsUpgraded);
    this.#clock.rest();
    this.#end();
    this.#finish();
  }

  #end(): void {
    this.#over = true;
    this.#statistics.stop();
    this.#restore();
  }

  #removePaths(): void {
    for (const listener of this.#listeners) listener.removePath?.();
  }

  async #closeListeners(): Promise<void> {
    await Promise.all(this.#listeners.map((listener) => listener.close()));
  }
}

/**
 * Begins to drain the requests that are open, as `shutdown()` does, while the server goes on listening:
 * for `scgi run`, whose script may stop one server and start another at the same address.
 */
export const drainRequests: (server: Server) => Drain = ScgiServer.drainRequests;

/** The succession of a server: a program may stop as a whole, or take the paths later. */
export const successionOf: (server: Server) => Succession = ScgiServer.successionOf;

/** Closes a connection unanswered. */
function turnAway(socket: Socket): SocketEvents {
  queueMicrotask(() => socket.abort());
  return { data: () => false, end() {}, drain() {}, close() {} };
}
