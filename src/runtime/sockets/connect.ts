/**
 * Connects to SCGI servers.
 *
 * @module
 */

import type { ParsedAddress } from "../../address.ts";
import type { Accept } from "../../transport/socket.ts";
import { connect as connectByNode } from "./node-socket.ts";

/**
 * Connects to an address. The events begin with `connect`, or with `close` and an error where the
 * connection fails.
 */
export type Connect = (address: ParsedAddress, accept: Accept) => void;

/** Connects by `node:net`, which every runtime has, or as `connectBy` was told. */
export let connect: Connect = connectByNode;

/** Loads what a connection to an address needs; undefined where that is loaded. */
export type Prepare = (address: ParsedAddress) => Promise<void> | undefined;

/** Must be called, and waited for, before `connect`. */
export let prepare: Prepare = () => undefined;

/** Sets how all connections from now on are made. */
export function connectBy(own: Connect, ownPrepare: Prepare = prepare): void {
  connect = own;
  prepare = ownPrepare;
}
