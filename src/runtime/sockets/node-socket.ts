/**
 * A connected socket over `node:net`, and connections to SCGI servers by it.
 *
 * @module
 */

import type net from "node:net";
import type { ParsedAddress } from "../../address.ts";
import { SendQueue } from "../../transport/send-queue.ts";
import type { Accept, ReadMode, Socket, SocketEvents } from "../../transport/socket.ts";
import { runtime } from "../known.ts";
import { readInto, takeBack } from "./node-reads.ts";
import { probe } from "./probe.ts";

/** The longest write: Node reports only that all bytes of a write were sent. */
const PIECE_BYTES = 262144;
/** The read buffer of a paused socket in bytes: at this high-water mark Node stops reading. */
export const PAUSED_BYTES = 1;
/** Options of a connection that this process opens; `listen` sets the same for accepted ones. */
const CONNECTED = { allowHalfOpen: true, readableHighWaterMark: PAUSED_BYTES };

let loaded: typeof net | undefined;

/** Loads `node:net` lazily: it takes half as long as the start of Bun, where few servers use it. */
export function network(): typeof net {
  return loaded ??= globalThis.process.getBuiltinModule("node:net");
}

/** Whether `node:net` is loaded. */
export function hasNetwork(): boolean {
  return loaded !== undefined;
}

/** Loads `node:net` by an import. */
export async function importNetwork(): Promise<void> {
  ({ default: loaded } = await import("node:net"));
}

class NodeSocket implements Socket {
  readonly watches = true;
  readonly resets: boolean;
  readonly tellsHalfClose: boolean;
  readonly unix: boolean;
  readonly #native: net.Socket;
  readonly #accepted: boolean;
  /** Takes the news that a write is over; the close event follows one that failed. */
  readonly #sent = (error?: Error | null): void => {
    if (!error) this.#drain();
  };
  /** Closes the socket after the callback of the last write: before, Node would make an error of it. */
  readonly #close = (): void => void this.#native.destroy();
  #closing = false;
  #paused = false;
  /** Bytes that have not been passed to Node yet. */
  readonly #queue: SendQueue = new SendQueue();
  #events: SocketEvents | undefined;
  #error: unknown;

  /** @param accepted Whether it is the socket of a server. */
  constructor(native: net.Socket, unix: boolean, accepted = false) {
    this.#native = native;
    this.#accepted = accepted;
    this.unix = unix;
    this.resets = !unix;
    // Deno's `node:net` does not report that a write of no bytes failed.
    this.tellsHalfClose = unix && runtime !== "deno";
  }

  get remoteAddress(): string | undefined {
    return this.#native.remoteAddress;
  }

  get unsent(): number {
    return this.#queue.bytes + this.#native.writableLength;
  }

  /** Whether bytes can be written. */
  get #open(): boolean {
    return !this.#native.writableEnded && !this.#native.destroyed && !this.#closing;
  }

  attach(events: SocketEvents): void {
    this.#events = events;
    const native = this.#native;
    native
      .on("end", () => this.#peerEnded())
      .on("error", (error) => this.#error = error)
      .on("close", () => events.close(this.#error));
    if (this.#accepted && runtime === "node" && readInto(native, network().Socket, events)) return;
    if (!this.#accepted) native.on("connect", () => events.connect?.());
    native.on("data", (bytes: Uint8Array) => events.data(bytes));
  }

  read(mode: ReadMode): void {
    const pauses = mode === "pause";
    // The first `resume()` takes Node a turn of its own, and a new socket reads already.
    if (pauses === this.#paused) return;
    this.#paused = pauses;
    if (pauses) this.#native.pause();
    else this.#native.resume();
  }

  release(bytes: Uint8Array): void {
    takeBack(bytes);
  }

  write(bytes: Uint8Array): boolean {
    // The close event follows, and a writer that waits for a drain has to wait for that event.
    if (!this.#open) return false;
    if (this.#queue.empty && bytes.length <= PIECE_BYTES) {
      this.#native.write(bytes, this.#sent);
    } else {
      this.#queue.push(bytes);
      this.#flush();
    }
    return this.#native.writableLength === 0;
  }

  shutdown(): void {
    if (this.#queue.finish("shutdown")) this.#native.end();
  }

  end(): void {
    if (!this.#queue.finish("end")) return;
    const { connecting, writableEnded, writableLength } = this.#native;
    // The kernel has all bytes. A shutdown before costs Node a turn of the event loop and a system call.
    if (runtime === "node" && !connecting && !writableEnded && writableLength === 0) {
      this.#closing = true;
      return globalThis.process.nextTick(this.#close);
    }
    // Twice as cheap on Deno as `end()` with a half-open socket.
    this.#native.destroySoon();
  }

  abort(): void {
    this.#error ??= new Error("The connection was closed before the response was whole");
    // Node's resetAndDestroy throws for a Unix socket.
    if (this.resets) this.#native.resetAndDestroy();
    else this.#native.destroy();
  }

  #peerEnded(): void {
    this.#events!.end();
    if (this.tellsHalfClose && this.#open) void probe((nothing) => this.#probe(nothing));
  }

  #probe(nothing: Uint8Array): Promise<boolean> {
    return new Promise((resolve) => {
      if (this.#open) this.#native.write(nothing, (error) => resolve(!error));
      else resolve(false);
    });
  }

  /** Passes the next pieces to Node while the kernel accepts them at once. */
  #flush(): void {
    while (!this.#queue.empty && this.#native.writableLength === 0) {
      const piece = this.#queue.first.subarray(0, PIECE_BYTES);
      this.#queue.sent(piece.length);
      this.#native.write(piece, this.#sent);
    }
  }

  #drain(): void {
    if (this.#native.destroyed) return;
    this.#flush();
    if (this.#native.writableLength > 0) return;
    this.#queue.drained(this, this.#events);
  }
}

/** Takes over a TCP socket of `node:net` that is connected. */
export function adopt(native: net.Socket, events: SocketEvents): Socket {
  const socket = new NodeSocket(native, false);
  socket.attach(events);
  return socket;
}

/**
 * Connects to an address. The events begin with `connect`, or with `close` and an error where the
 * connection fails.
 */
export function connect(address: ParsedAddress, accept: Accept): void {
  if ("fd" in address) throw new TypeError("A file descriptor cannot be connected to");
  open(
    network().connect(
      "unix" in address
        ? { path: address.unix, ...CONNECTED }
        : { host: address.hostname, port: address.port, ...CONNECTED },
    ),
    "unix" in address,
    accept,
  );
}

/**
 * Attaches the handlers of the events to a socket of `node:net`.
 *
 * @param accepted Whether it is the socket of a server.
 */
export function open(native: net.Socket, unix: boolean, accept: Accept, accepted = false): void {
  const socket = new NodeSocket(native, unix, accepted);
  socket.attach(accept(socket));
}
