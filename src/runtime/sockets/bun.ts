/**
 * Sockets of Bun, over `Bun.listen`.
 *
 * @module
 */

import { type ParsedAddress, toListenAddress } from "../../address.ts";
import { bun } from "../detect.ts";
import { descriptors } from "../system/libc.ts";
import { loadSetBacklog } from "./backlog.ts";
import { BunSocket, EVENTS, type NativeSocket } from "./bun-socket.ts";
import { socketName } from "./socket-name.ts";
import type {
  Accept,
  Listener,
  ListenOptions,
  SharedSocket,
  Sockets,
} from "../../transport/socket.ts";
import { bindWithMode } from "./umask.ts";

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
    ...EVENTS,
    open(native: NativeSocket): void {
      const socket = native.data = new BunSocket(unix, native);
      socket.attach(accept(socket));
    },
  };
}
