/**
 * Sockets over `node:net`: for inherited sockets on Deno, and for connections that we open.
 *
 * @module
 */

import net from "node:net";
import { type ListenAddress, type ParsedAddress, toListenAddress } from "../address.ts";
import type {
  Accept,
  Listener,
  ListenOptions,
  ReadMode,
  Socket,
  SocketEvents,
  Sockets,
} from "./socket.ts";

const PIECE_BYTES = 262144;

class NodeSocket implements Socket {
  readonly watches = true;
  readonly tellsHalfClose = false;
  readonly #native: net.Socket;
  #events: SocketEvents | undefined;
  #error: unknown;

  constructor(native: net.Socket) {
    this.#native = native;
  }

  get resets(): boolean {
    return this.#native.remoteAddress !== undefined;
  }

  get remoteAddress(): string | undefined {
    return this.#native.remoteAddress;
  }

  get unsent(): number {
    return this.#native.writableLength;
  }

  attach(events: SocketEvents): void {
    this.#events = events;
    this.#native
      .on("connect", () => events.connect?.())
      .on("data", (bytes: Uint8Array) => events.data(bytes))
      .on("end", () => events.end())
      .on("error", (error) => this.#error = error)
      .on("close", () => events.close(this.#error));
  }

  read(mode: ReadMode): void {
    if (mode === "hold") this.#native.pause();
    else this.#native.resume();
  }

  write(bytes: Uint8Array): boolean {
    // The close event is yet to come, and who waits for room must wait for it.
    if (this.#native.writableEnded || this.#native.destroyed) return false;
    // In pieces, because what has left is told by the piece.
    for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
      this.#native.write(bytes.subarray(at, at + PIECE_BYTES), () => this.#drained());
    }
    return this.#native.writableLength === 0;
  }

  shutdown(): void {
    this.#native.end();
  }

  /** Twice as cheap on Deno as `end()` with a half-open socket. */
  end(): void {
    this.#native.destroySoon();
  }

  abort(): void {
    this.#error ??= new Error("The connection was closed before the reply was whole");
    // On Node it throws for a Unix socket.
    if (this.resets) this.#native.resetAndDestroy();
    else this.#native.destroy();
  }

  #drained(): void {
    if (this.#native.writableLength === 0 && !this.#native.destroyed) this.#events?.drain();
  }
}

class NodeListener implements Listener {
  readonly address: ListenAddress;
  readonly recovers: boolean = !("Deno" in globalThis);
  readonly #native: net.Server;

  constructor(address: ParsedAddress, native: net.Server) {
    this.address = bound(native.address()) ?? toListenAddress(address);
    this.#native = native;
  }

  /** `node:net` cannot pause a server. */
  accepting(): boolean {
    return false;
  }

  /** The callback of `close` waits for connections, and the address is free without them. */
  async close(): Promise<void> {
    this.#native.close();
    await new Promise((resolve) => setTimeout(resolve, 0));
  }

  ref(): void {
    this.#native.ref();
  }

  unref(): void {
    this.#native.unref();
  }
}

/** The sockets of `node:net`. */
export const nodeSockets: Sockets = {
  async listen(address, options, accept): Promise<Listener> {
    const native = net.createServer({ allowHalfOpen: true }, (socket) => open(socket, accept));
    await new Promise<void>((resolve, reject) => {
      native.once("error", reject);
      native.listen(where(address, options), () => {
        native.off("error", reject);
        // A failed accept must not end the process.
        native.on("error", () => {});
        resolve();
      });
    });
    return new NodeListener(address, native);
  },
  hold() {
    throw new Error("node:net accepts from whatever it opens");
  },
};

/**
 * Connects to an address. What `accept` makes is told of everything from the connect on; a
 * connection that fails is a `close` with its error.
 */
export function connect(address: ParsedAddress, accept: Accept): void {
  if ("fd" in address) throw new TypeError("A file descriptor cannot be connected to");
  open(
    net.connect(
      "unix" in address
        ? { path: address.unix, allowHalfOpen: true }
        : { host: address.hostname, port: address.port, allowHalfOpen: true },
    ),
    accept,
  );
}

function open(native: net.Socket, accept: Accept): void {
  const socket = new NodeSocket(native);
  socket.attach(accept(socket));
}

/** What an inherited socket says of itself. */
function bound(address: net.AddressInfo | string | null): ListenAddress | undefined {
  if (!address) return undefined;
  if (typeof address === "string") return { transport: "unix", path: address };
  return { transport: "tcp", hostname: address.address, port: address.port };
}

function where(address: ParsedAddress, { reusePort }: ListenOptions): net.ListenOptions {
  if ("unix" in address) return { path: address.unix };
  if ("fd" in address) return { fd: address.fd } as net.ListenOptions;
  return { host: address.hostname, port: address.port, reusePort } as net.ListenOptions;
}
