/**
 * Sockets of Bun, over `Bun.listen`.
 *
 * @module
 */

import { type ParsedAddress, toListenAddress } from "../../address.ts";
import { bun } from "../detect.ts";
import type * as types from "../types.ts";
import { freeBytes } from "../system/free-bytes.ts";
import { descriptors } from "../system/libc.ts";
import { loadSetBacklog } from "./backlog.ts";
import { SendQueue } from "../../transport/send-queue.ts";
import { socketName } from "./socket-name.ts";
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
import { bindWithMode } from "./umask.ts";

type NativeSocket = types.BunSocket<BunSocket>;

class BunSocket implements Socket {
  readonly watches = true;
  readonly resets: boolean;
  readonly tellsHalfClose: boolean;
  readonly unix: boolean;
  readonly #native: NativeSocket;
  readonly #queue: SendQueue = new SendQueue();
  /** Chunks of the queue that nothing else uses, and those that have left it. */
  #owned: Uint8Array[] | undefined;
  #paused = false;
  #closed = false;
  #events: SocketEvents | undefined;

  constructor(native: NativeSocket, unix: boolean) {
    this.#native = native;
    this.unix = unix;
    this.resets = !unix;
    this.tellsHalfClose = unix;
  }

  get remoteAddress(): string | undefined {
    return this.unix ? undefined : this.#native.remoteAddress;
  }

  get unsent(): number {
    return this.#queue.bytes;
  }

  attach(events: SocketEvents): void {
    this.#events = events;
  }

  read(mode: ReadMode): void {
    const pause = mode === "pause";
    if (pause === this.#paused || this.#closed) return;
    this.#paused = pause;
    if (pause) this.#native.pause();
    else this.#native.resume();
  }

  write(bytes: Uint8Array, owned = false): boolean {
    if (this.#closed) return true;
    if (!this.#queue.empty) {
      this.#queue.push(bytes);
      if (owned) (this.#owned ??= []).push(bytes);
      return false;
    }
    const written = this.#native.write(bytes);
    if (written === bytes.length) {
      if (owned) freeBytes(bytes);
      return true;
    }
    if (owned) this.#owned = [bytes];
    if (written < 0) this.#fail();
    else this.#queue.push(bytes.subarray(written));
    return false;
  }

  shutdown(): void {
    if (!this.#closed && this.#queue.finish("shutdown")) this.#native.shutdown();
  }

  end(): void {
    // Bun's `end` drops the bytes that it has not sent.
    if (!this.#closed && this.#queue.finish("end")) this.#native.end();
  }

  abort(): void {
    if (this.#closed) return;
    this.#queue.clear();
    this.#native.terminate();
  }

  data(bytes: Uint8Array): void {
    if (this.#events?.data(bytes) === false) freeBytes(bytes);
  }

  peerEnded(): void {
    this.#events?.end();
  }

  /** Called by Bun even when nothing was written. */
  drain(): void {
    if (this.#queue.empty) return;
    while (!this.#queue.empty) {
      const { first } = this.#queue;
      const written = this.#native.write(first);
      if (written < 0) return this.#fail();
      this.#queue.sent(written);
      if (written < first.length) return;
    }
    this.#free();
    this.#queue.drained(this, this.#events);
  }

  closed(error?: unknown): void {
    if (this.#closed) return;
    this.#closed = true;
    const unsent = this.#queue.empty ? undefined : disconnected();
    this.#queue.clear();
    this.#free();
    this.#events?.close(error ?? unsent);
  }

  /** Frees what was sent, or will not be. */
  #free(): void {
    this.#owned?.forEach(freeBytes);
    this.#owned = undefined;
  }

  /** Handles a failed write: the close event may come late or never. */
  #fail(): void {
    this.#native.terminate();
    this.closed(disconnected());
  }
}

function disconnected(): Error {
  return new Error("The peer disconnected before it received the whole response");
}

/** The sockets of Bun. */
export const bunSockets: Sockets = {
  async listen(address, options, accept): Promise<Listener> {
    // Bun reports neither the kind nor the address of an inherited socket.
    const inherited = "fd" in address ? await socketName(address.fd) : undefined;
    const unix = inherited?.unix ?? "unix" in address;
    const settings = {
      ...where(address, options),
      // Without it Bun closes the socket when the peer ends its sending side, before the response.
      allowHalfOpen: true,
      socket: handlers(unix, accept),
    };
    const native = bindWithMode(address, () => bun!.listen(settings));
    (await loadSetBacklog())("fd" in address ? address.fd : native.fd);
    return {
      address: inherited?.address ?? toListenAddress(address, native.port),
      recovers: true,
      // A listener of Bun cannot pause.
      accepting: () => false,
      // deno-lint-ignore require-await
      close: async () => native.stop(),
      ref: () => native.ref(),
      unref: () => native.unref(),
    };
  },
  async bindOnly(address): Promise<SharedSocket> {
    const { dup, close } = await descriptors();
    const setBacklog = await loadSetBacklog();
    const settings = { ...where(address, { reusePort: false }), socket: { data() {} } };
    const native = bindWithMode(address, () => bun!.listen(settings));
    setBacklog(native.fd);
    const fd = dup(native.fd);
    // Bun accepts from the next turn on, so its listener is stopped before. That removes the path
    // of a Unix socket, which therefore stops when it is renamed.
    if (!("unix" in address)) native.stop();
    return {
      address: toListenAddress(address, native.port),
      fd,
      renamed: () => native.stop(),
      // deno-lint-ignore require-await
      async close() {
        native.stop();
        close(fd);
      },
    };
  },
};

function where(address: ParsedAddress, { reusePort }: ListenOptions): object {
  if ("unix" in address) return { unix: address.unix };
  if ("fd" in address) return { fd: address.fd };
  return { hostname: address.hostname, port: address.port, reusePort };
}

function handlers(unix: boolean, accept: Accept): object {
  return {
    open(native: NativeSocket): void {
      const socket = native.data = new BunSocket(native, unix);
      socket.attach(accept(socket));
    },
    data: (native: NativeSocket, bytes: Uint8Array): void => native.data.data(bytes),
    end: (native: NativeSocket): void => native.data.peerEnded(),
    drain: (native: NativeSocket): void => native.data.drain(),
    close: (native: NativeSocket, error?: unknown): void => native.data.closed(error),
    error(native: NativeSocket, error: unknown): void {
      native.terminate();
      native.data.closed(error);
    },
  };
}
