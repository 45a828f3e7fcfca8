/**
 * The addresses of `scgi run`: they listen before the script is loaded, and each server that the
 * script starts is assigned the next of them. An address that a server gives back waits for another.
 *
 * @module
 */

import {
  type Address,
  formatAddress,
  type ListenAddress,
  type ServerAddress,
  SYSTEMD,
} from "../address.ts";
import { asScgiError, ScgiError, type ScgiErrorCode } from "../errors.ts";
import type { FetchHandler } from "../server/handler.ts";
import type { OnErrorResult } from "../report/reporter.ts";
import { readAddresses, type ServeOptions } from "../server/options.ts";
import { printError } from "../report/reporter.ts";
import type { Drain } from "../server/drain.ts";
import { drainRequests, serve, successionOf } from "../server/serve.ts";
import type { Server, ShutdownOptions } from "../server/server.ts";

/** The handlers of a server that a script started. */
export interface ScriptHandlers {
  readonly fetch: FetchHandler;
  /** Handles the failure of a request. Failures without a request are not the script's business. */
  onError(error: unknown, request: Request): OnErrorResult;
}

/**
 * An address that listens before the script starts a server for it, and after that server has stopped.
 * Requests that come meanwhile wait for the next server.
 */
export class ScriptAddress {
  /** The address as the command line gives it. */
  readonly name: string;
  /** The SCGI server at the address. It keeps the process alive only while it is assigned. */
  readonly server: Server;
  /** Whether it is a Unix socket that this process binds. */
  readonly hasPath: boolean;
  /** Whether a server of the script had the address at any time. */
  used = false;
  /** Takes the path over from a living server, where the options want that. */
  readonly takePath: () => Promise<void>;
  #next: PromiseWithResolvers<ScriptHandlers> = Promise.withResolvers();
  /** The handlers of the present server, or of the last. */
  #handlers: ScriptHandlers | undefined;
  #holder: ScriptServer | undefined;
  #stopping = false;
  readonly #drains: Set<Drain> = new Set();

  constructor(address: ServerAddress, options: ServeOptions) {
    this.name = address === SYSTEMD ? address : formatAddress(address);
    const fetch: FetchHandler = (request, env, ctx) =>
      this.#holder === undefined
        ? this.#next.promise.then((handlers) => handlers.fetch(request, env, ctx))
        : this.#holder.handlers.fetch(request, env, ctx);
    this.hasPath = address !== SYSTEMD && "unix" in address;
    const takeOver = options.takeOver === true && this.hasPath;
    this.server = serve(fetch, {
      ...options,
      takeOver,
      listen: [address as Address],
      onError: (error, request) =>
        request === undefined || this.#handlers === undefined || isOwn(error)
          ? printError(error)
          : this.#handlers.onError(error, request),
    });
    this.server.unref();
    this.takePath = takeOver ? successionOf(this.server).hold() : () => Promise.resolve();
  }

  /** Whether a server of the script has the address. */
  get assigned(): boolean {
    return this.#holder !== undefined;
  }

  /** Whether the whole address has begun to stop, as the process ends. */
  get stopping(): boolean {
    return this.#stopping;
  }

  /** Whether this server of the script has the address. */
  isHeldBy(server: ScriptServer): boolean {
    return this.#holder === server;
  }

  /**
   * Assigns the address to a server of the script.
   *
   * @param onReleased Called when that server gives the address back.
   */
  assign(handlers: ScriptHandlers, onReleased: () => void): ScriptServer {
    const holder = this.#holder = new ScriptServer(this, handlers, onReleased);
    this.used = true;
    this.#handlers = handlers;
    this.server.ref();
    this.#next.resolve(handlers);
    return holder;
  }

  /** Takes the address back. Requests that are open are drained; later ones wait for an assignment. */
  release(): Drain {
    this.#holder = undefined;
    this.#next = Promise.withResolvers();
    this.server.unref();
    const drain = drainRequests(this.server);
    this.#drains.add(drain);
    void drain.finished.then(() => this.#drains.delete(drain));
    return drain;
  }

  /** Stops listening. Requests that wait for a server of the script get 503. */
  shutdown(): Promise<void> {
    this.#stopping = true;
    const works = this.assigned || this.#drains.size > 0;
    return this.server.shutdown(works ? {} : { timeout: 0 });
  }
}

/** The codes of failures that the runtime's own servers do not have. */
const OWN: ReadonlySet<ScgiErrorCode> = new Set(["SHUTDOWN", "REQUEST_TIMEOUT", "RESPONSE_LENGTH"]);

/** Whether a failure is this program's own, of which the runtime's server would tell a script nothing. */
function isOwn(error: unknown): boolean {
  const code = asScgiError(error)?.code;
  return code !== undefined && OWN.has(code);
}

/** A server of the script at an address, until it stops. */
export class ScriptServer {
  readonly handlers: ScriptHandlers;
  /** The address that listens. */
  readonly addr: ListenAddress | null;
  /** Resolves once the server has stopped. */
  readonly finished: Promise<void>;
  #finish!: () => void;
  readonly #address: ScriptAddress;
  readonly #onReleased: () => void;
  #drain: Drain | undefined;

  constructor(address: ScriptAddress, handlers: ScriptHandlers, onReleased: () => void) {
    this.handlers = handlers;
    this.#address = address;
    this.#onReleased = onReleased;
    this.addr = address.server.addr;
    this.finished = new Promise((resolve) => this.#finish = resolve);
    address.server.finished.then(this.#finish);
  }

  /** Whether the server has begun to stop. */
  get stopped(): boolean {
    return !this.#address.isHeldBy(this);
  }

  /**
   * Gives the address back, waits for open requests up to `shutdownTimeout`, and aborts the rest. Called
   * again, it returns the same promise; with a `timeout`, it waits no longer than that from then on.
   */
  shutdown({ timeout }: ShutdownOptions = {}): Promise<void> {
    const { server, stopping } = this.#address;
    if (stopping) return server.shutdown({ timeout });
    if (this.#drain === undefined) {
      const drain = this.#drain = this.#address.release();
      void drain.finished.then(this.#finish);
      this.#onReleased();
    }
    this.#drain.hurry(timeout ?? Infinity);
    return this.finished;
  }

  /** Lets the server hold the process, as it does from its start to its stop. */
  ref(): void {
    if (!this.stopped) this.#address.server.ref();
  }

  /** Lets the process end while the server listens. */
  unref(): void {
    if (!this.stopped) this.#address.server.unref();
  }
}

/** All addresses of a script, at least one. */
export class ScriptAddresses {
  /** Called with each address that is assigned for the first time. */
  onAssigned: (address: ScriptAddress) => unknown = () => {};
  /** Called with each address that a server has given back. */
  onReleased: (address: ScriptAddress) => unknown = () => {};
  /** Called when a successor has taken over the paths of all addresses. */
  onReplaced: () => void = () => {};
  readonly #all: readonly ScriptAddress[];

  private constructor(all: readonly ScriptAddress[]) {
    this.#all = all;
    const paths = new Set(all.filter(({ hasPath }) => hasPath));
    for (const address of paths) {
      successionOf(address.server).onReplaced = () => {
        paths.delete(address);
        if (paths.size === 0) this.onReplaced();
      };
    }
  }

  /**
   * Listens at the addresses that the options name.
   *
   * @throws {ScgiError} if an address cannot be opened; then all are closed again.
   */
  static async open(options: ServeOptions): Promise<ScriptAddresses> {
    const { hostname: _h, port: _p, unix: _u, fd: _f, ...rest } = options;
    const addresses = new ScriptAddresses(
      readAddresses(options).map((address) => new ScriptAddress(address, rest)),
    );
    try {
      // Waits for all of them, so that no rejection is unhandled.
      const starts = await Promise.allSettled(addresses.#all.map(({ server }) => server.ready));
      for (const start of starts) if (start.status === "rejected") throw start.reason;
    } catch (error) {
      await addresses.shutdown();
      throw error;
    }
    return addresses;
  }

  /** The addresses that no server of the script has. */
  get free(): readonly ScriptAddress[] {
    return this.#all.filter(({ assigned }) => !assigned);
  }

  /** Whether the script has started a server, which may have stopped since. */
  get used(): boolean {
    return this.#all.some(({ used }) => used);
  }

  /** The SCGI servers of all addresses. */
  get servers(): readonly Server[] {
    return this.#all.map(({ server }) => server);
  }

  get first(): ScriptAddress {
    return this.#all[0]!;
  }

  /**
   * Assigns the first address that is free to a server of the script.
   *
   * @throws {ScgiError} `LISTEN_FAILED` if no address is free.
   */
  assign(handlers: ScriptHandlers): ScriptServer {
    const [address] = this.free;
    if (address === undefined) {
      const { length } = this.#all;
      throw new ScgiError(
        "LISTEN_FAILED",
        `The script starts ${length + 1} servers, but scgi run listens at ` +
          `${length === 1 ? "one address" : `${length} addresses`}. ` +
          "Give --listen once for each server",
      );
    }
    const isFirst = !address.used;
    const server = address.assign(handlers, () => this.onReleased(address));
    if (isFirst) this.onAssigned(address);
    return server;
  }

  /** Stops all servers. Requests that wait for a server of the script get 503. */
  async shutdown(): Promise<void> {
    await Promise.all(this.#all.map((address) => address.shutdown()));
  }
}
