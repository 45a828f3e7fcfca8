/**
 * Connections to Unix sockets on Deno, over `Deno.connect`, which costs less than `node:net`.
 *
 * Connections over TCP are those of `node:net`: those of `Deno.connect` cannot be reset, and without a
 * reset a server does not see that its client has left.
 *
 * @module
 */

import { deno } from "../detect.ts";
import type { Connect, Prepare } from "./connect.ts";
import { DenoSocket } from "./deno-socket.ts";
import { connect as connectByNode, hasNetwork, importNetwork } from "./node-socket.ts";

/**
 * Loads `node:net` for an address of TCP. In `process.getBuiltinModule` Deno runs other tasks while it
 * loads a module, and a task that calls it as well fails.
 */
export const prepareOnDeno: Prepare = (address) =>
  "unix" in address || hasNetwork() ? undefined : importNetwork();

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
