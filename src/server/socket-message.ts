/**
 * The arguments of the methods of a server's sockets: messages and topics, and the errors of others.
 *
 * @module
 */

import { Buffer } from "node:buffer";

/** A message as it is sent; of a Blob the bytes have to be read first. */
export type Message = string | Uint8Array | Blob;

/** A value as a message: bytes stay bytes, and any other value becomes a string. */
export function toMessage(data: unknown): Message {
  return typeof data === "string" ? data : bytesOf(data) ?? String(data);
}

/** Reads a message of either kind. */
export function readMessage(caller: string, data: unknown): Message {
  if (data === undefined || data === null) {
    throw new Error(`${caller} requires a non-empty message`);
  }
  return toMessage(data);
}

export function readText(caller: string, data: unknown): string {
  if (typeof data !== "string") throw new Error(`${caller} expects a string`);
  return data;
}

export function readBinary(caller: string, data: unknown): Uint8Array | Blob {
  const bytes = bytesOf(data);
  if (bytes === undefined) throw new Error(`${caller} expects a Blob or BufferSource`);
  return bytes;
}

/** Reads the payload of a ping or pong. */
export function readPayload(caller: string, data: unknown): Uint8Array {
  if (data === undefined || data === null) return new Uint8Array(0);
  const bytes = typeof data === "string" ? Buffer.from(data) : bytesOf(data);
  if (bytes === undefined) throw new Error(`${caller} expects a string, Blob, or BufferSource`);
  if (bytes instanceof Blob) throw new Error(`${caller} takes no Blob over SCGI`);
  if (bytes.length > 125) {
    throw new RangeError(
      `The data size must not be greater than 125 bytes. Received ${bytes.length} bytes.`,
    );
  }
  return bytes;
}

/** Reads whether a message is to be compressed. */
export function readCompress(caller: string, compress: unknown): boolean {
  if (compress === undefined) return false;
  if (typeof compress !== "boolean") {
    throw new Error(`${caller} expects compress to be a boolean`);
  }
  return compress;
}

/** Refuses a call with too few arguments. */
export function need(caller: string, count: number, given: readonly unknown[]): void {
  if (given.length >= count) return;
  throw new Error(`${caller} requires at least ${count} argument${count > 1 ? "s" : ""}`);
}

/** Reads the name of a topic. */
export function readTopic(caller: string, topic: unknown): string {
  if (typeof topic !== "string") {
    throw wrongArgument(
      `The "topic" argument must be of type string. Received type ${typeof topic} (${topic})`,
    );
  }
  if (topic === "") throw new Error(`${caller} requires a non-empty topic name`);
  return topic;
}

/** The number of bytes of a message. */
export function sizeOf(message: Message): number {
  if (typeof message === "string") return Buffer.byteLength(message);
  return message instanceof Blob ? message.size : message.length;
}

/** An error with the code that Node has for wrong arguments. */
export function wrongArgument(message: string, code = "ERR_INVALID_ARG_TYPE"): TypeError {
  return Object.assign(new TypeError(message), { code });
}

/** The error of a call with too few arguments, with the code that Node has for it. */
export function missingArguments(caller: string, expected: number, got: number): TypeError {
  const message = `Not enough arguments to '${caller}'. Expected ${expected}, got ${got}.`;
  return wrongArgument(message, "ERR_MISSING_ARGS");
}

function bytesOf(data: unknown): Uint8Array | Blob | undefined {
  if (data instanceof Blob) return data;
  if (ArrayBuffer.isView(data)) {
    return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  }
  return data instanceof ArrayBuffer || data instanceof SharedArrayBuffer
    ? new Uint8Array(data)
    : undefined;
}
