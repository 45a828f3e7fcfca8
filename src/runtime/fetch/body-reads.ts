/**
 * The methods that read the whole body of a `Request` or a `Response`, without a stream where possible:
 * making a stream and reading it costs Node 20 µs, and half of the request's cost on Deno for a body of
 * 1 MiB.
 *
 * @module
 */

import type { ArrivingBody } from "../../cgi/request.ts";
import { latin1 } from "../../scgi/latin1.ts";
import { runtime } from "../known.ts";

const decoder: TextDecoder = new TextDecoder();

/**
 * The least that is decoded as latin1 where all of it is ASCII. Of 1 MiB that costs Node 20 a seventh of
 * its TextDecoder; of 1 KiB it costs more. Deno's TextDecoder costs less than both.
 */
const LATIN1_BYTES = 16384;

function decode(bytes: Uint8Array): string {
  return bytes.length >= LATIN1_BYTES && runtime === "node" &&
      globalThis.process.getBuiltinModule("node:buffer").isAscii(bytes)
    ? latin1(bytes)
    : decoder.decode(bytes);
}

/** The methods whose results are made of the bytes alone. */
export type BodyRead = "arrayBuffer" | "bytes" | "json" | "text";

/** The results of the methods. Nothing else uses the memory of the bytes where a result has it. */
const READS: Record<BodyRead, (bytes: Uint8Array) => unknown> = {
  arrayBuffer: ({ buffer }: Uint8Array) => buffer,
  bytes: (bytes: Uint8Array) => bytes,
  json: (bytes: Uint8Array) => JSON.parse(decode(bytes)),
  text: decode,
};

/** Begins to read a body. */
export type StartRead = (body: Uint8Array | ArrivingBody) => Promise<unknown>;

/**
 * Defines the methods on a prototype that inherits from `Request.prototype`.
 *
 * @param take Takes the body of a request, and begins to read it; undefined where the runtime's method
 * has to read it.
 */
export function defineReads(
  prototype: object,
  take: (request: object, start: StartRead) => Promise<unknown> | undefined,
): void {
  for (const name of Object.keys(READS) as BodyRead[]) {
    const { [name]: native } = Request.prototype;
    // Node has no bytes() before 22.
    if (native === undefined) continue;
    const start: StartRead = (body) => readBody(name, body);
    const value = {
      [name](this: Request): Promise<unknown> {
        return take(this, start) ?? native.call(this);
      },
    }[name];
    Object.defineProperty(prototype, name, { value, writable: true, configurable: true });
  }
}

async function readBody(name: BodyRead, body: Uint8Array | ArrivingBody): Promise<unknown> {
  const result = READS[name];
  const brief = name === "json" || name === "text";
  // The reader may change its bytes, and on Node these are part of a larger array.
  if (body instanceof Uint8Array) return result(brief ? body : new Uint8Array(body));
  if (brief && body.lend !== undefined) return await body.lend(result);
  return result(await body.whole());
}

/** Whether a method has a result that is made of the bytes alone. */
export function isRead(name: string): name is BodyRead {
  return Object.hasOwn(READS, name);
}

/** The result of a method for the bytes of a body, which nothing else uses. */
// deno-lint-ignore require-await
export async function read(name: BodyRead, bytes: Uint8Array): Promise<unknown> {
  return READS[name](bytes);
}
