/**
 * Connections to Unix sockets on Deno, over `Deno.connect`, which costs less than `node:net`.
 *
 * Connections over TCP are those of `node:net`: those of `Deno.connect` cannot be reset, and without a
 * reset a server does not see that its client has left.
 *
 * @module
 */

import { deno } from "../detect.ts";
import type { Connect } from "./connect.ts";
import { DenoSocket } from "./deno-socket.ts";
import { connect as connectByNode } from "./node-socket.ts";

/** Connects to an address. */
export const connectOnDeno: Connect = (address, accept) => {
  if (!("unix" in address)) return connectByNode(address, accept);
  const socket = new DenoSocket(true);
  socket.attach(accept(socket));
  deno!.connect({ transport: "unix", path: address.unix }).then(
    (native) => socket.opened(native),
    (error) => socket.failed(error),
  );
};
