/**
 * Compresses and inflates messages for `permessage-deflate`, each in one call of `node:zlib`, so that
 * messages keep their order.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7692#section-7.2
 * @module
 */

import { Buffer } from "node:buffer";
import {
  constants,
  deflateRawSync,
  inflateRawSync,
  type InputType,
  type ZlibOptions,
} from "node:zlib";
import { concat } from "../scgi/bytes.ts";
import { type Failure, INVALID_PAYLOAD, TOO_BIG } from "./close-code.ts";

/** The parameters of `permessage-deflate` that a handshake negotiated. */
export interface DeflateParameters {
  /** Whether messages to the client may refer to earlier ones. */
  readonly serverContextTakeover: boolean;
  /** Whether messages from the client may refer to earlier ones. */
  readonly clientContextTakeover: boolean;
  /** The window of messages to the client, 9 to 15. */
  readonly serverMaxWindowBits: number;
  /** The window of messages from the client, 8 to 15. */
  readonly clientMaxWindowBits: number;
}

const NO_BYTES: Uint8Array = new Uint8Array(0);
/** Number of bytes at the end of a flush, which a message leaves out. */
const FLUSH_LENGTH = 4;
/** The bytes that a message leaves out, then an empty final block: a message that is cut gives an error. */
const ENDING: Uint8Array = Uint8Array.of(0, 0, 0xff, 0xff, 1, 0, 0, 0xff, 0xff);
/** A peer may end the deflate stream inside a message, and begin another; this many times. */
const MAX_STREAMS = 16;
/** A match refers back at most the window less this. */
const LOOKAHEAD = 262;
const MIN_CHUNK = 1024, MAX_CHUNK = 65536;

/** The compression of one connection. */
export class PerMessageDeflate {
  readonly #parameters: DeflateParameters;
  /** The end of what was sent, and of what was received, as far as messages may refer to it. */
  #sent: Uint8Array = NO_BYTES;
  #received: Uint8Array = NO_BYTES;

  /** With the parameters that were negotiated. */
  constructor(parameters: DeflateParameters) {
    this.#parameters = parameters;
  }

  /**
   * The bits of the window where each message is compressed by itself: another connection that has
   * the same gets the same bytes. Undefined where messages refer to earlier ones.
   */
  get independentWindow(): number | undefined {
    const { serverContextTakeover, serverMaxWindowBits } = this.#parameters;
    return serverContextTakeover ? undefined : serverMaxWindowBits;
  }

  /** Compresses a message, which then has to be sent. */
  deflate(message: string | Uint8Array): Uint8Array {
    const { serverContextTakeover, serverMaxWindowBits } = this.#parameters;
    const bytes = typeof message === "string" ? Buffer.from(message) : message;
    const context = this.#sent;
    const options = deflateOptions(bytes.length + context.length, serverMaxWindowBits);
    if (context.length > 0) options.dictionary = context;
    const deflated = deflateRawSync(bytes, options);
    if (serverContextTakeover) this.#sent = lastBytes(context, bytes, serverMaxWindowBits);
    return deflated.subarray(0, deflated.length - FLUSH_LENGTH);
  }

  /** Inflates a message, and stops as soon as it has more than `maxLength` bytes. */
  inflate(payload: Uint8Array, maxLength: number): Uint8Array | Failure {
    const { clientContextTakeover, clientMaxWindowBits } = this.#parameters;
    const message = inflate(payload, this.#received, maxLength);
    if (clientContextTakeover && !("closeCode" in message)) {
      this.#received = lastBytes(this.#received, message, clientMaxWindowBits);
    }
    return message;
  }
}

function inflate(
  payload: Uint8Array,
  context: Uint8Array,
  maxLength: number,
): Uint8Array | Failure {
  let rest = payload, message: Uint8Array = NO_BYTES;
  for (let streams = 0; rest.length > 0; streams++) {
    if (streams === MAX_STREAMS) {
      return invalid(`A compressed message has over ${MAX_STREAMS} final blocks`);
    }
    const before = streams === 0 ? context : lastBytes(context, message, 15);
    const start = storedBlock(before);
    const input = concat([start, rest, ENDING], start.length + rest.length + ENDING.length);
    let inflated;
    try {
      inflated = inflateRawSync(input, {
        info: true,
        chunkSize: Math.min(Math.max(before.length + 4 * rest.length, MIN_CHUNK), MAX_CHUNK),
        maxOutputLength: Math.max(before.length + maxLength - message.length, 1),
      }) as unknown as { buffer: Buffer; engine: { bytesWritten: number } };
    } catch (error) {
      if ((error as { code?: unknown }).code === "ERR_BUFFER_TOO_LARGE") return tooBig(maxLength);
      return invalid("A compressed message cannot be inflated");
    }
    const piece = inflated.buffer.subarray(before.length);
    message = message.length === 0
      ? piece
      : concat([message, piece], message.length + piece.length);
    if (message.length > maxLength) return tooBig(maxLength);
    rest = rest.subarray(Math.min(rest.length, inflated.engine.bytesWritten - start.length));
  }
  return message;
}

/**
 * Bytes as a block that is not compressed: in front of a message, they are what it may refer to. The
 * option `dictionary`, which is for that, has no effect on Deno.
 */
function storedBlock(bytes: Uint8Array): Uint8Array {
  const { length } = bytes;
  if (length === 0) return NO_BYTES;
  const block = new Uint8Array(5 + length);
  block.set([0, length & 0xff, length >> 8, ~length & 0xff, ~length >> 8 & 0xff]);
  block.set(bytes, 5);
  return block;
}

/** A copy of the last bytes of the earlier messages and a message, as many as the window has. */
function lastBytes(earlier: Uint8Array, message: Uint8Array, windowBits: number): Uint8Array {
  const size = 1 << windowBits;
  if (message.length >= size) return message.slice(-size);
  const kept = earlier.subarray(Math.max(0, earlier.length + message.length - size));
  return concat([kept, message], kept.length + message.length);
}

/** A window and tables no larger than so many bytes need: to set them up is most of the cost. */
function deflateOptions(length: number, maxBits: number): ZlibOptions {
  let windowBits = 9;
  while (windowBits < maxBits && 1 << windowBits < length + LOOKAHEAD) windowBits++;
  return {
    finishFlush: constants.Z_SYNC_FLUSH,
    windowBits,
    memLevel: Math.min(windowBits - 6, 8),
  };
}

let contextPossible: boolean | undefined;

/** Whether a message to the client can refer to earlier ones: Deno ignores `dictionary`. */
export function contextIsPossible(): boolean {
  return contextPossible ??=
    deflated("scgi scgi").length > deflated("scgi scgi", "scgi scgi").length;
}

function deflated(text: InputType, dictionary?: string): Uint8Array {
  const options = deflateOptions(512, 15);
  if (dictionary !== undefined) options.dictionary = Buffer.from(dictionary);
  return deflateRawSync(text, options);
}

function invalid(reason: string): Failure {
  return { closeCode: INVALID_PAYLOAD, reason };
}

function tooBig(maxLength: number): Failure {
  return { closeCode: TOO_BIG, reason: `A message is longer than ${maxLength} bytes` };
}
