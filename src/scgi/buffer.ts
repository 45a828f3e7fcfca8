/**
 * `Buffer`, whose calls cost less than those of the language. Deno takes 4 ms to load it, which no response
 * has to wait for.
 *
 * @module
 */

import type { Buffer } from "node:buffer";

type BufferClass = typeof Buffer;

let loaded: BufferClass | undefined;
let postponed = false;

/** Has texts measured and memory made without `Buffer` until it is loaded. */
export function postponeBuffer(): void {
  postponed = true;
}

/** Loads `Buffer`. */
export function loadBuffer(): BufferClass {
  return loaded ??= globalThis.Buffer;
}

function available(): BufferClass | undefined {
  return loaded ?? (postponed ? undefined : loadBuffer());
}

/** Memory with any bytes in it. */
export function allocate(length: number): Uint8Array<ArrayBuffer> {
  return available()?.allocUnsafe(length) ?? new Uint8Array(length);
}

/** The number of the UTF-8 bytes of a text. */
export function utf8Length(text: string): number {
  return available()?.byteLength(text) ?? new TextEncoder().encode(text).length;
}
