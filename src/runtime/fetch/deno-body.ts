/**
 * The stream of an upload on Deno, as the runtime's own server makes it: a byte stream, whose length
 * `fetch()` declares where it is sent on.
 *
 * Deno knows the length of a stream only where it has made the stream of bytes that were there. So it
 * is made to make one, which then gets the state of another stream. Where a check finds that this does
 * not work, the length is unknown.
 *
 * @module
 */

import type { ArrivingBody } from "../../cgi/request.ts";
import { noteBody } from "./read-past.ts";
import { findKey, findLater, stateOf } from "./state.ts";

/** The object that a Request keeps its body in, and the part of the body that is changed. */
interface Inner {
  readonly body: { streamOrStatic: unknown; length: unknown };
}

/** The key of that object; undefined where a stream cannot be given a length. */
const innerKey = findLater(checkedKey);

/** A body that arrives, with its stream as a byte stream. */
export class ByteStreamBody implements ArrivingBody {
  readonly #body: ArrivingBody;
  readonly #length: number;

  /** @param length The length of the body in bytes. */
  constructor(body: ArrivingBody, length: number) {
    this.#body = body;
    this.#length = length;
  }

  /** {@inheritDoc ArrivingBody.arrived} */
  get arrived(): boolean {
    return this.#body.arrived;
  }

  /** {@inheritDoc ArrivingBody.stream} */
  get stream(): ReadableStream<Uint8Array> {
    if (this.#body.outer === undefined) {
      this.#body.outer = toByteStream(this.#body.stream, this.#length);
      noteBody(this.#body.outer, this.#body);
    }
    return this.#body.outer;
  }

  /** {@inheritDoc ArrivingBody.whole} */
  whole(): Promise<Uint8Array> {
    return this.#body.whole();
  }
}

/** Makes a byte stream of another stream. */
function toByteStream(
  stream: ReadableStream<Uint8Array>,
  length: number,
): ReadableStream<Uint8Array> {
  // The reader locks the stream only once its bytes are wanted.
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  const bytes = new ReadableStream({
    type: "bytes",
    async pull(controller) {
      reader ??= stream.getReader();
      const { done, value } = await reader.read();
      if (!done) return controller.enqueue(owned(value));
      controller.close();
      controller.byobRequest?.respond(0);
    },
    cancel: (reason) => (reader ?? stream).cancel(reason),
  }, { highWaterMark: 0 });
  return withLength(bytes, length) ?? bytes;
}

/** Bytes with a buffer of their own, which a byte stream takes away. */
function owned(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer, byteLength } = bytes;
  return byteLength === buffer.byteLength ? bytes as Uint8Array<ArrayBuffer> : bytes.slice();
}

/** A stream of a known length with the state of another; undefined where that cannot be made. */
function withLength(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  length: number,
): ReadableStream<Uint8Array<ArrayBuffer>> | undefined {
  const key = innerKey();
  return key === undefined ? undefined : graft(stream, length, key);
}

/** Gives the state of a stream to one whose length is known. */
function graft(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  length: number,
  key: symbol,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const request = posted(new Uint8Array());
  const { body } = stateOf(request)[key] as Inner;
  body.streamOrStatic = { body: undefined, consumed: false };
  body.length = length;
  const made = request.body!;
  // The controller of the stream that was made would go on with it.
  replaceIn(made, made, stream);
  for (const part of Object.getOwnPropertySymbols(stream)) {
    stateOf(made)[part] = stateOf(stream)[part];
  }
  replaceIn(stream, stream, made);
  return made;
}

/** Replaces a value in all objects of a stream's state. */
function replaceIn(stream: object, from: object, to: object): void {
  for (const key of Object.getOwnPropertySymbols(stream)) {
    const part = stateOf(stream)[key];
    if (!(part instanceof Object)) continue;
    for (const inner of Object.getOwnPropertySymbols(part)) {
      if (stateOf(part)[inner] === from) stateOf(part)[inner] = to;
    }
  }
}

function checkedKey(): symbol | undefined {
  try {
    const key = findKey(posted(""), isInner);
    const stream = new ReadableStream<Uint8Array<ArrayBuffer>>({ type: "bytes" });
    const made = graft(stream, 5, key!);
    if (made.locked) return undefined;
    const inner = stateOf(posted(made))[key!];
    return isInner(inner) && inner.body.length === 5 ? key : undefined;
  } catch {
    return undefined;
  }
}

function isInner(part: unknown): part is Inner {
  return part instanceof Object && Object.hasOwn(part, "body");
}

function posted(body: BodyInit): Request {
  return new Request("http://localhost/", { method: "POST", body });
}
