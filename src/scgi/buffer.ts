/**
 * `Buffer`, whose calls cost less than those of the language. Deno takes 4 ms to load it, which no response
 * has to wait for.
 *
 * @module
 */

import type { Buffer } from "node:buffer";

type BufferClass = typeof Buffer;

let loaded: BufferClass | undefined;
/** Whether `Buffer` is not loaded, and had better not be. */
export let postponed = false;

/** Has the language's calls used until `Buffer` is loaded. */
export function postponeBuffer(): void {
  postponed = loaded === undefined;
}

/** Loads `Buffer`. */
export function loadBuffer(): BufferClass {
  postponed = false;
  return loaded ??= globalThis.Buffer;
}

/** Memory with any bytes in it. */
export function allocate(length: number): Uint8Array<ArrayBuffer> {
  return postponed ? new Uint8Array(length) : loadBuffer().allocUnsafe(length);
}

/** The number of the UTF-8 bytes of a text. */
export function utf8Length(text: string): number {
  return postponed ? new TextEncoder().encode(text).length : loadBuffer().byteLength(text);
}
