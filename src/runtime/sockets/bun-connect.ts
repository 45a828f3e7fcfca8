/**
 * Connections to Unix sockets on Bun, over `Bun.connect`, which costs half as much as `node:net`.
 *
 * Connections over TCP are those of `node:net`: Bun has no way to give up one that is not there yet, which
 * would hold the process for minutes.
 *
 * @module
 */

import { bun } from "../detect.ts";
import { BunSocket, EVENTS, type NativeSocket } from "./bun-socket.ts";
import type { Connect } from "./connect.ts";
import { connect as connectByNode } from "./node-socket.ts";

const HANDLERS = {
  ...EVENTS,
  open: (native: NativeSocket): void => native.data.opened(native),
  connectError: (native: NativeSocket, error: unknown): void => native.data.closed(error),
};

function nothing(): void {}

/** Connects to an address. */
export const connectOnBun: Connect = (address, accept) => {
  if (!("unix" in address)) return connectByNode(address, accept);
  const socket = new BunSocket(true);
  socket.attach(accept(socket));
  const options = { unix: address.unix, allowHalfOpen: true, data: socket, socket: HANDLERS };
  // Its failure is an event as well.
  bun!.connect(options).catch(nothing);
};
