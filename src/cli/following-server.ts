/**
 * An HTTP server beside an SCGI server that takes over from a living one, which still has the address.
 *
 * @module
 */

import type { HttpServer } from "../runtime/http/http.ts";

/** The interval of the attempts, in milliseconds. */
const RETRY_MS = 250;

/** The events of a server that waited. */
export interface FollowingEvents {
  /** The server has the address. */
  opened(): void;
  /** The address cannot be opened, for another reason than that it is taken. */
  failed(error: unknown): void;
}

/**
 * Tells whether an address cannot be opened because another program has it.
 *
 * @param error An error of the runtime, or the `ScgiError` that it caused.
 */
export function isTaken(error: unknown): boolean {
  const { code, name, cause } = error as Error & { code?: string };
  if (code === "EADDRINUSE" || name === "AddrInUse") return true;
  return cause instanceof Error && isTaken(cause);
}

/** A server that opens as soon as its address is free. Its wait does not keep the process alive. */
export class FollowingServer implements HttpServer {
  readonly #open: () => Promise<HttpServer>;
  readonly #events: FollowingEvents;
  #server: HttpServer | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #ended = false;
  #unreferenced = false;

  /** @param open Opens the address, and rejects where it is taken. */
  constructor(open: () => Promise<HttpServer>, events: FollowingEvents) {
    this.#open = open;
    this.#events = events;
    this.#wait();
  }

  /** 0 before the server has its address. */
  get port(): number {
    return this.#server?.port ?? 0;
  }

  removePath(): void {
    this.#server?.removePath();
  }

  async drain(): Promise<void> {
    this.#end();
    await this.#server?.drain();
  }

  stopTunnels(): void {
    this.#server?.stopTunnels();
  }

  async close(): Promise<void> {
    this.#end();
    await this.#server?.close();
  }

  unref(): void {
    this.#unreferenced = true;
    this.#server?.unref();
  }

  #end(): void {
    this.#ended = true;
    clearTimeout(this.#timer);
  }

  #wait(): void {
    this.#timer = setTimeout(() => void this.#try(), RETRY_MS);
    this.#timer.unref();
  }

  async #try(): Promise<void> {
    let server: HttpServer;
    try {
      server = await this.#open();
    } catch (error) {
      if (this.#ended) return;
      if (isTaken(error)) return this.#wait();
      return this.#events.failed(error);
    }
    if (this.#ended) {
      server.removePath();
      return await server.close();
    }
    this.#server = server;
    if (this.#unreferenced) server.unref();
    this.#events.opened();
  }
}
