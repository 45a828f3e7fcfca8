/**
 * The addresses of `scgi run`: they listen before the script is loaded, and each server that the
 * script starts is assigned the next of them.
 *
 * @module
 */

import { type Address, formatAddress, type ServerAddress, SYSTEMD } from "../address.ts";
import { ScgiError } from "../errors.ts";
import type { FetchHandler } from "../server/handler.ts";
import type { OnErrorResult } from "../report/reporter.ts";
import { readAddresses, type ServeOptions } from "../server/options.ts";
import { printError } from "../report/reporter.ts";
import { serve, type Server } from "../server/serve.ts";

/** The handlers of a server that a script started. */
export interface ScriptHandlers {
  readonly fetch: FetchHandler;
  /** Handles the failure of a request. Failures without a request are not the script's business. */
  onError(error: unknown, request: Request): OnErrorResult;
}

/**
 * An address that listens before the script starts a server for it. Requests that come earlier wait
 * for that server.
 */
export class ScriptAddress {
  /** The address as the command line gives it. */
  readonly name: string;
  /** The SCGI server at the address. It keeps the process alive only once it is assigned. */
  readonly server: Server;
  readonly #assignment: PromiseWithResolvers<ScriptHandlers> = Promise.withResolvers();
  #handlers: ScriptHandlers | undefined;

  constructor(address: ServerAddress, options: ServeOptions) {
    this.name = address === SYSTEMD ? address : formatAddress(address);
    const fetch: FetchHandler = (request, env, ctx) =>
      this.#handlers === undefined
        ? this.#assignment.promise.then((handlers) => handlers.fetch(request, env, ctx))
        : this.#handlers.fetch(request, env, ctx);
    this.server = serve(fetch, {
      ...options,
      listen: [address as Address],
      onError: (error, request) =>
        request === undefined || this.#handlers === undefined
          ? printError(error)
          : this.#handlers.onError(error, request),
    });
    this.server.unref();
  }

  /** Whether a server of the script has the address. */
  get assigned(): boolean {
    return this.#handlers !== undefined;
  }

  /** Assigns the address to a server of the script. */
  assign(handlers: ScriptHandlers): void {
    this.#handlers = handlers;
    this.server.ref();
    this.#assignment.resolve(handlers);
  }
}

/** All addresses of a script, at least one. */
export class ScriptAddresses {
  /** Called with each address that is assigned. */
  onAssigned: (address: ScriptAddress) => unknown = () => {};
  readonly #all: readonly ScriptAddress[];

  private constructor(all: readonly ScriptAddress[]) {
    this.#all = all;
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

  /** Whether the script has started a server. */
  get used(): boolean {
    return this.free.length < this.#all.length;
  }

  get first(): ScriptAddress {
    return this.#all[0]!;
  }

  /**
   * Assigns the next address to a server of the script.
   *
   * @throws {ScgiError} `LISTEN_FAILED` if no address is free.
   */
  assign(handlers: ScriptHandlers): ScriptAddress {
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
    address.assign(handlers);
    this.onAssigned(address);
    return address;
  }

  /** Stops all servers. Requests that wait for a server of the script get 503. */
  async shutdown(): Promise<void> {
    await Promise.all(
      this.#all.map(({ server, assigned }) => server.shutdown(assigned ? {} : { timeout: 0 })),
    );
  }
}
