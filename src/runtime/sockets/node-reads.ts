/**
 * Reads an accepted socket of Node into memory that is used again, as the option `onread` has it. A server
 * of `node:net` takes no such option, so its sockets get what the option sets.
 *
 * Node allocates 64 KiB for each read otherwise, which brings its collections of garbage forward: 1,000
 * uploads of 1 MiB that are read as texts have some 100 of them then, and 55 so. An upload takes 1.8 ms then,
 * and 1.3 ms so.
 *
 * @module
 */

import type net from "node:net";
import { SpareMemory } from "../../scgi/spare-memory.ts";
import type { SocketEvents } from "../../transport/socket.ts";
import { findKey, stateOf } from "../fetch/state.ts";
import type { NodeSocketHandle } from "../types.ts";

/** As much as Node reads at a time. */
const READ_BYTES = 65536;
/** How many arrays are kept for bytes that come back. */
const POOLED = 32;

/** The memory of all reads whose bytes are used up at once. */
const shared: Uint8Array = new Uint8Array(READ_BYTES);
const pool: SpareMemory = new SpareMemory(READ_BYTES, POOLED);

/** The memory of the next read of the socket that has read last. */
let next: Uint8Array = shared;

/** The keys of the properties that the option `onread` sets. */
interface Keys {
  readonly buffer: symbol;
  readonly callback: symbol;
  readonly generator: symbol;
}

/** Undefined where they were not found; null before the search. */
let keys: Keys | undefined | null = null;

function findKeys(Socket: typeof net.Socket): Keys | undefined {
  const callback = (): boolean => true;
  const generator = (): Uint8Array => shared;
  const fixed = new Socket({ onread: { buffer: shared, callback } });
  const generated = new Socket({ onread: { buffer: generator, callback } });
  const found = {
    buffer: findKey(fixed, (part) => part === shared),
    callback: findKey(fixed, (part) => part === callback),
    generator: findKey(generated, (part) => part === generator),
  };
  return Object.values(found).includes(undefined) ? undefined : found as Keys;
}

function nextMemory(): Uint8Array {
  return next;
}

/**
 * Has the bytes of an accepted socket given to the handlers of its events.
 *
 * @returns false where this Node cannot do so, and its `data` event has the bytes.
 */
export function readInto(
  native: net.Socket,
  Socket: typeof net.Socket,
  events: SocketEvents,
): boolean {
  if (keys === null) keys = findKeys(Socket);
  const { _handle: handle } = native as unknown as { _handle?: NodeSocketHandle | null };
  if (keys === undefined || typeof handle?.useUserBuffer !== "function") return false;
  const state = stateOf(native);
  state[keys.buffer] = shared;
  state[keys.generator] = nextMemory;
  state[keys.callback] = (count: number, memory: Uint8Array): void => {
    next = shared;
    const bytes = memory.subarray(0, count);
    if (memory !== shared) {
      if (!events.data(bytes)) pool.give(memory);
    } else {
      events.data(events.usesUp === true ? bytes : new Uint8Array(bytes));
    }
    if (events.returnsMemory === true) next = pool.take();
  };
  handle.useUserBuffer(shared);
  return true;
}

/** Takes back the memory of bytes. */
export function takeBack(bytes: Uint8Array): void {
  pool.give(bytes);
}
