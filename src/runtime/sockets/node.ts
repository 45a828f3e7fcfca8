/**
 * Listens by `node:net`: the sockets of Node, and those of Deno for which `Deno.listen` lacks an option.
 *
 * @module
 */

import type net from "node:net";
import { type ListenAddress, type ParsedAddress, toListenAddress } from "../../address.ts";
import { runtime } from "../detect.ts";
import { fileSystem } from "../system/file-system.ts";
import type { Listener, ListenOptions, SharedSocket, Sockets } from "../../transport/socket.ts";
import { BACKLOG } from "./backlog.ts";
import { bindHandle, startListening } from "./node-handle.ts";
import { network, open, PAUSED_BYTES } from "./node-socket.ts";
import { bindWithMode } from "./umask.ts";
import { pause } from "../system/timers.ts";

/** The sockets of `node:net`. */
export const nodeSockets: Sockets = {
  async listen(address, options, accept): Promise<Listener> {
    if (options.reusePort && !sharesPorts()) {
      throw new Error("this Node cannot share a port. Use Node 22.12 or later, or --workers");
    }
    let unix = "unix" in address;
    const native = network().createServer(
      { allowHalfOpen: true, highWaterMark: PAUSED_BYTES },
      (socket) => open(socket, unix, accept, true),
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
        await pause(0);
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
