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
import { findKey, stateOf } from "./state.ts";

/** The object that a Request keeps its body in. */
interface Inner {
  readonly body: InnerBody;
}

/** A body: it makes its stream when that is first read. */
interface InnerBody {
  readonly stream: ReadableStream<Uint8Array<ArrayBuffer>>;
  length: number | null;
}

/** A value in the state of a stream that refers to the stream, and its key there. */
type Reference = readonly [part: symbol, key: symbol];

/** The parts of bodies and streams by which a stream gets a length. */
interface Grafts {
  readonly Body: new (content: { body: undefined; consumed: boolean }) => InnerBody;
  /** The keys of the state of a stream. */
  readonly keys: readonly symbol[];
  /** The references in the state of a stream that Deno makes of bytes, and of a byte stream. */
  readonly ofMade: readonly Reference[];
  readonly ofBytes: readonly Reference[];
}

let grafts: { readonly known: Grafts | undefined } | undefined;

/** A body that arrives, with its stream as a byte stream. */
export class ByteStreamBody implements ArrivingBody {
  readonly #body: ArrivingBody;
  readonly #length: number;
  #inner: InnerBody | undefined;

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
    return this.inner?.stream ?? this.#body.outer!;
  }

  /** The body as a Request keeps it; undefined where a constructor has to make that of the stream. */
  get inner(): object & Partial<InnerBody> | undefined {
    if (this.#body.outer === undefined) {
      const bytes = toByteStream(this.#body.stream);
      this.#inner = withLength(bytes, this.#length);
      this.#body.outer = this.#inner?.stream ?? bytes;
      noteBody(this.#body.outer, this.#body);
    }
    return this.#inner;
  }

  /** {@inheritDoc ArrivingBody.whole} */
  whole(): Promise<Uint8Array> {
    return this.#body.whole();
  }
}

/** Makes a byte stream of another stream. */
function toByteStream(stream: ReadableStream<Uint8Array>): ReadableStream<Uint8Array<ArrayBuffer>> {
  // The reader locks the stream only once its bytes are wanted.
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  return new ReadableStream({
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
}

/** Bytes with a buffer of their own, which a byte stream takes away. */
function owned(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer, byteLength } = bytes;
  return byteLength === buffer.byteLength ? bytes as Uint8Array<ArrayBuffer> : bytes.slice();
}

/** A body of a known length whose stream has the state of another; undefined where that cannot be. */
function withLength(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  length: number,
): InnerBody | undefined {
  const { known } = grafts ??= { known: learn() };
  return known && graft(stream, length, known);
}

function graft(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  length: number,
  { Body, keys, ofMade, ofBytes }: Grafts,
): InnerBody {
  const body = new Body({ body: undefined, consumed: false });
  body.length = length;
  const made = body.stream;
  // The controller of the stream that was made would go on with it.
  refer(made, ofMade, stream);
  for (const key of keys) stateOf(made)[key] = stateOf(stream)[key];
  refer(stream, ofBytes, made);
  return body;
}

/** Replaces references in the state of a stream. */
function refer(stream: object, references: readonly Reference[], to: object): void {
  for (const [part, key] of references) stateOf(stateOf(stream)[part] as object)[key] = to;
}

/** Finds the references to a stream in its state. */
function referencesIn(stream: object): Reference[] {
  return Object.getOwnPropertySymbols(stream).flatMap((key) => {
    const part = stateOf(stream)[key];
    if (!(part instanceof Object)) return [];
    return Object.getOwnPropertySymbols(part).filter((inner) => stateOf(part)[inner] === stream)
      .map((inner): Reference => [key, inner]);
  });
}

function learn(): Grafts | undefined {
  try {
    const sample = posted(new Uint8Array());
    const key = findKey(posted(""), isInner)!;
    const Body = (stateOf(sample)[key] as Inner).body.constructor as Grafts["Body"];
    const stream = new ReadableStream<Uint8Array<ArrayBuffer>>({ type: "bytes" });
    const known: Grafts = {
      Body,
      keys: Object.getOwnPropertySymbols(stream),
      ofMade: referencesIn(sample.body!),
      ofBytes: referencesIn(stream),
    };
    const { stream: made } = graft(stream, 5, known);
    if (made.locked) return undefined;
    const inner = stateOf(posted(made))[key];
    return isInner(inner) && inner.body.length === 5 ? known : undefined;
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
