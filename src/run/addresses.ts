/**
 * The addresses of `scgi run`: open before the script is loaded, and given in their order to the
 * servers that it starts.
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

/** What a script serves at an address. */
export interface Guest {
  /** Handles its requests. */
  readonly fetch: FetchHandler;
  /** Is told of its failures; what has no request is not the script's business. */
  onError(error: unknown, request: Request): OnErrorResult;
}

/** An address that listens. Requests that come before their server does wait for it. */
export class Place {
  /** Where it is, as it was asked for. */
  readonly name: string;
  /** What listens there. It does not hold the process until it is taken. */
  readonly server: Server;
  readonly #arrival: PromiseWithResolvers<Guest> = Promise.withResolvers<Guest>();
  #guest: Guest | undefined;

  /** Listens at an address. */
  constructor(address: ServerAddress, options: ServeOptions) {
    this.name = address === SYSTEMD ? address : formatAddress(address);
    const fetch: FetchHandler = (request, env, ctx) =>
      this.#guest === undefined
        ? this.#arrival.promise.then((guest) => guest.fetch(request, env, ctx))
        : this.#guest.fetch(request, env, ctx);
    this.server = serve(fetch, {
      ...options,
      listen: [address as Address],
      onError: (error, request) =>
        request === undefined || this.#guest === undefined
          ? printError(error)
          : this.#guest.onError(error, request),
    });
    this.server.unref();
  }

  /** Whether a server of the script has it. */
  get taken(): boolean {
    return this.#guest !== undefined;
  }

  /** Gives it to a server of the script. */
  take(guest: Guest): void {
    this.#guest = guest;
    this.server.ref();
    this.#arrival.resolve(guest);
  }
}

/** All addresses of a script. */
export class Places {
  /** Is told of each that was taken. */
  onTaken: (place: Place) => unknown = () => {};
  readonly #all: readonly Place[];

  private constructor(all: readonly Place[]) {
    this.#all = all;
  }

  /**
   * Opens the addresses that options name.
   *
   * @throws {ScgiError} where one cannot be; then none is open.
   */
  static async open(options: ServeOptions): Promise<Places> {
    const { hostname: _h, port: _p, unix: _u, fd: _f, ...rest } = options;
    const places = new Places(
      readAddresses(options).map((address) => new Place(address, rest)),
    );
    try {
      // All of them, so that no rejection is left to nobody.
      const starts = await Promise.allSettled(places.#all.map(({ server }) => server.ready));
      for (const start of starts) if (start.status === "rejected") throw start.reason;
    } catch (error) {
      await places.shutdown();
      throw error;
    }
    return places;
  }

  /** Those that no server of the script has. */
  get free(): readonly Place[] {
    return this.#all.filter(({ taken }) => !taken);
  }

  /** Whether any server was started. */
  get used(): boolean {
    return this.free.length < this.#all.length;
  }

  /** The first of all; there is always one. */
  get first(): Place {
    return this.#all[0]!;
  }

  /**
   * Gives the next address to a server of the script.
   *
   * @throws {ScgiError} `LISTEN_FAILED` where none is left.
   */
  take(guest: Guest): Place {
    const [place] = this.free;
    if (place === undefined) {
      const { length } = this.#all;
      throw new ScgiError(
        "LISTEN_FAILED",
        `The script starts server number ${length + 1}, and scgi run was given ` +
          `${length === 1 ? "one address" : `${length} addresses`}. Give it one --listen for each`,
      );
    }
    place.take(guest);
    this.onTaken(place);
    return place;
  }

  /** Stops whatever listens; whoever waits for a server that did not come waits no longer. */
  async shutdown(): Promise<void> {
    await Promise.all(
      this.#all.map(({ server, taken }) => server.shutdown(taken ? {} : { timeout: 0 })),
    );
  }
}
