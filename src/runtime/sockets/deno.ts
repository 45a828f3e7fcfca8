/**
 * Sockets of Deno, over `Deno.listen`, or over `node:net` where `Deno.listen` lacks the option.
 *
 * @module
 */

import { type ListenAddress, type ParsedAddress, toListenAddress } from "../../address.ts";
import { deno } from "../detect.ts";
import type * as types from "../types.ts";
import { DenoSocket } from "./deno-socket.ts";
import { loadBuffer, postponeBuffer } from "../../scgi/buffer.ts";
import { openSockets } from "./inherited.ts";
import { copyDescriptor, descriptors } from "../system/libc.ts";
import { nodeSockets } from "./node.ts";
import type {
  Accept,
  FreeAddress,
  Listener,
  SharedSocket,
  Sockets,
} from "../../transport/socket.ts";
import { once, pause } from "../system/timers.ts";
import { bindWithMode } from "./umask.ts";

const ACCEPT_RETRY_MS = 200;
/** When `Buffer` is loaded after the start, in milliseconds: the first response has left by then. */
const LOAD_MS = 1000;
/** Codes of a failed accept whose peer has already disconnected. */
const DISCONNECTED = /^(?:ENOTCONN|ECONNABORTED|ECONNRESET)$/;

class DenoListener implements Listener {
  readonly address: ListenAddress;
  readonly recovers = true;
  readonly #native: types.DenoListener;
  readonly #accepting: Promise<void>;
  #closed = false;
  #paused = false;
  #resume: (() => void) | undefined;

  constructor(address: ParsedAddress, native: types.DenoListener, accept: Accept) {
    this.address = toListenAddress(address, native.addr.port);
    this.#native = native;
    this.#accepting = this.#acceptAll(accept, "unix" in address);
  }

  accepting(on: boolean): boolean {
    this.#paused = !on;
    if (on) this.#resume?.();
    return true;
  }

  /** Deno frees the address once the pending accept has failed. */
  async close(): Promise<void> {
    if (!this.#closed) this.#native.close();
    this.#closed = true;
    this.#resume?.();
    await this.#accepting;
  }

  ref(): void {
    this.#native.ref();
  }

  unref(): void {
    this.#native.unref();
  }

  async #acceptAll(accept: Accept, unix: boolean): Promise<void> {
    while (!this.#closed) {
      if (this.#paused) {
        await new Promise<void>((resolve) => this.#resume = resolve);
        continue;
      }
      try {
        const socket = new DenoSocket(unix, await this.#native.accept());
        socket.attach(accept(socket));
      } catch (error) {
        // Neither a disconnect nor a lack of file descriptors ends the server.
        if (DISCONNECTED.test((error as { code?: string }).code ?? "")) continue;
        if (!this.#closed) await pause(ACCEPT_RETRY_MS);
      }
    }
  }
}

/** The sockets of Deno. */
export const denoSockets: Sockets = {
  async listen(address, options, accept): Promise<Listener> {
    // Deno.listen ignores `fd` and opens a random port; with `reusePort` it ends the process.
    if ("fd" in address || options.reusePort) {
      return await nodeSockets.listen(address, options, accept);
    }
    postponeBuffer();
    void once(LOAD_MS, loadBuffer);
    return new DenoListener(address, open(address), accept);
  },
  async bindOnly(address): Promise<SharedSocket> {
    const before = openSockets();
    // Deno does not accept by itself, and does not expose the file descriptor.
    const native = open(address);
    const [fd] = [...openSockets()].find(([, inode]) => ![...before.values()].includes(inode)) ??
      [];
    if (fd === undefined) {
      throw new Error("its file descriptor was not found in /proc/self/fd");
    }
    const { close } = await descriptors();
    const copy = await copyDescriptor(fd);
    return {
      address: toListenAddress(address, native.addr.port),
      fd: copy,
      // deno-lint-ignore require-await
      async close() {
        native.close();
        close(copy);
      },
    };
  },
};

function open(address: FreeAddress): types.DenoListener {
  const options = "unix" in address
    ? { transport: "unix", path: address.unix }
    : { hostname: address.hostname, port: address.port };
  return bindWithMode(address, () => deno!.listen(options));
}
