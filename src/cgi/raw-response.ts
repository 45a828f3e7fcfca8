/**
 * A response of which nothing is decoded: head and body are one stream of bytes, whatever they are.
 *
 * @module
 */

import type { DecodedHead } from "./response-decoder.ts";

/** Takes the bytes of a response where a `ResponseDecoder` would decode them. */
export class RawResponse {
  /** The head that stands for any response, as soon as a byte has come. */
  head: DecodedHead | undefined;

  /** Whether no byte has come. */
  get isEmpty(): boolean {
    return this.head === undefined;
  }

  /** Returns the bytes, all of which belong to the body. */
  push(bytes: Uint8Array): Uint8Array {
    this.head ??= { status: 200, statusText: "", fields: [], length: undefined };
    return bytes;
  }

  /** Ends the input, wherever that is. */
  end(): void {}
}
