/**
 * Sockets over `node:net`: the sockets of Node, those of Deno for which `Deno.listen` lacks an option,
 * and connections to SCGI servers on every runtime.
 *
 * @module
 */

import type net from "node:net";
import { nextTick } from "node:process";
import { type ListenAddress, type ParsedAddress, toListenAddress } from "../../address.ts";
import { runtime } from "../detect.ts";
import { fileSystem } from "../system/file-system.ts";
import { SendQueue } from "../../transport/send-queue.ts";
import type {
  Accept,
  Listener,
  ListenOptions,
  ReadMode,
  SharedSocket,
  Socket,
  SocketEvents,
  Sockets,
} from "../../transport/socket.ts";
import { BACKLOG } from "./backlog.ts";
import { bindHandle, startListening } from "./node-handle.ts";
import { probe } from "./probe.ts";
import { bindWithMode } from "./umask.ts";

/** The longest write: Node reports only that all bytes of a write were sent. */
const PIECE_BYTES = 262144;
/** The read buffer of a paused socket in bytes: at this high-water mark Node stops reading. */
const PAUSED_BYTES = 1;
/** Options of a connection that this process opens; `listen` sets the same for accepted ones. */
const CONNECTED = { allowHalfOpen: true, readableHighWaterMark: PAUSED_BYTES };
/** Deno's `node:net` does not report that a write of no bytes failed. */
const PROBES: boolean = runtime !== "deno";
/**
 * Whether a socket whose bytes the kernel has is closed at once: `destroySoon()` shuts it down before,
 * which costs Node a turn of the event loop and a system call.
 */
const CLOSES: boolean = runtime === "node";

let loaded: typeof net | undefined;

/** Loads `node:net` lazily: it takes half as long as the start of Bun, where few servers use it. */
function network(): typeof net {
  return loaded ??= globalThis.process.getBuiltinModule("node:net");
}

class NodeSocket implements Socket {
  readonly watches = true;
  readonly resets: boolean;
  readonly tellsHalfClose: boolean;
  readonly unix: boolean;
  readonly #native: net.Socket;
  /** Takes the news that a write is over; the close event follows one that failed. */
  readonly #sent = (error?: Error | null): void => {
    if (!error) this.#drain();
  };
  /** Closes the socket after the callback of the last write: before, Node would make an error of it. */
  readonly #close = (): void => void this.#native.destroy();
  /** Bytes that have not been passed to Node yet. */
  readonly #queue: SendQueue = new SendQueue();
  #events: SocketEvents | undefined;
  #error: unknown;

  constructor(native: net.Socket, unix: boolean) {
    this.#native = native;
    this.unix = unix;
    this.resets = !unix;
    this.tellsHalfClose = unix && PROBES;
  }

  get remoteAddress(): string | undefined {
    return this.#native.remoteAddress;
  }

  get unsent(): number {
    return this.#queue.bytes + this.#native.writableLength;
  }

  attach(events: SocketEvents): void {
    this.#events = events;
    this.#native
      .on("connect", () => events.connect?.())
      .on("data", (bytes: Uint8Array) => events.data(bytes))
      .on("end", () => this.#peerEnded())
      .on("error", (error) => this.#error = error)
      .on("close", () => events.close(this.#error));
  }

  read(mode: ReadMode): void {
    if (mode === "pause") this.#native.pause();
    else this.#native.resume();
  }

  write(bytes: Uint8Array): boolean {
    // The close event follows, and a writer that waits for a drain has to wait for that event.
    if (this.#native.writableEnded || this.#native.destroyed) return false;
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
    const { connecting, writableLength } = this.#native;
    if (CLOSES && !connecting && writableLength === 0) nextTick(this.#close);
    // Twice as cheap on Deno as `end()` with a half-open socket.
    else this.#native.destroySoon();
  }

  abort(): void {
    this.#error ??= new Error("The connection was closed before the response was whole");
    // Node's resetAndDestroy throws for a Unix socket.
    if (this.resets) this.#native.resetAndDestroy();
    else this.#native.destroy();
  }

  #peerEnded(): void {
    this.#events!.end();
    if (this.tellsHalfClose) void probe((nothing) => this.#probe(nothing));
  }

  #probe(nothing: Uint8Array): Promise<boolean> {
    return new Promise((resolve) => {
      if (this.#native.writableEnded || this.#native.destroyed) resolve(false);
      else this.#native.write(nothing, (error) => resolve(!error));
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

/** The sockets of `node:net`. */
export const nodeSockets: Sockets = {
  async listen(address, options, accept): Promise<Listener> {
    if (options.reusePort && !sharesPorts()) {
      throw new Error("this Node cannot share a port. Use Node 22.12 or later, or --workers");
    }
    let unix = "unix" in address;
    const native = network().createServer(
      { allowHalfOpen: true, highWaterMark: PAUSED_BYTES },
      (socket) => open(socket, unix, accept),
    );
    await new Promise<void>((resolve, reject) => {
      native.once("error", reject);
      const listening = (): void => {
        native.off("error", reject);
        // Without a listener a failed accept would end the process.
        native.on("error", () => {});
        // Node does not know the address of an inherited Unix socket.
        unix = typeof native.address() !== "object" || native.address() === null;
        resolve();
      };
      // With a descriptor, Node reads the backlog from no other place.
      bindWithMode(address, () => native.listen(where(address, options), BACKLOG, listening));
    });
    return {
      address: boundAddress(native.address()) ?? toListenAddress(address),
      recovers: runtime !== "deno",
      // A server of `node:net` cannot pause.
      accepting: () => false,
      // The callback of `close` waits for all connections, but the address is free before.
      async close() {
        native.close();
        await new Promise((resolve) => setTimeout(resolve, 0));
      },
      ref: () => native.ref(),
      unref: () => native.unref(),
    };
  },
  async bindOnly(address): Promise<SharedSocket> {
    const handle = await bindHandle(address);
    // Another server that starts may replace the socket's file, which seems stale until it listens.
    const made = "unix" in address ? fileSystem.lstat(address.unix) : undefined;
    try {
      await startListening(handle);
    } catch (error) {
      handle.close();
      throw error;
    }
    return {
      address: toListenAddress(address, handle.port),
      fd: handle.fd,
      made,
      // deno-lint-ignore require-await
      close: async () => handle.close(),
    };
  },
};

/** Whether several processes can listen on one port: Node 20 ignores the option silently. */
function sharesPorts(): boolean {
  if (runtime === "deno") return true;
  const [major = 0, minor = 0] = globalThis.process.versions.node.split(".").map(Number);
  return major > 23 || major === 23 && minor >= 1 || major === 22 && minor >= 12;
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

function open(native: net.Socket, unix: boolean, accept: Accept): void {
  const socket = new NodeSocket(native, unix);
  socket.attach(accept(socket));
}

/** The address of an inherited socket, where Node knows it. */
function boundAddress(address: net.AddressInfo | string | null): ListenAddress | undefined {
  if (!address) return undefined;
  if (typeof address === "string") return { transport: "unix", path: address };
  return { transport: "tcp", hostname: address.address, port: address.port };
}

function where(address: ParsedAddress, { reusePort }: ListenOptions): net.ListenOptions {
  if ("unix" in address) return { path: address.unix };
  if ("fd" in address) return { fd: address.fd } as net.ListenOptions;
  return { host: address.hostname, port: address.port, reusePort } as net.ListenOptions;
}
