/**
 * The record of a body: the kind of what the constructor of a Response was given, which the Response
 * itself does not show.
 *
 * @module
 */

import { runtime } from "../known.ts";

/** A recorded body. A string stands for itself. */
export type RecordedBody = string | RecordedBytes | RecordedBlob | RecordedStream | RecordedOther;

/** An array of bytes, with its length by the runtime's getter. */
export interface RecordedBytes {
  readonly kind: "bytes";
  readonly length: number;
}

/** A Blob. If it is a file, its size may change until it is read. */
export interface RecordedBlob {
  readonly kind: "blob";
  readonly blob: Blob;
  /** The headers that the constructor was given; undefined where a look at them would show. */
  readonly headers?: unknown;
}

/** A stream. */
export interface RecordedStream {
  readonly kind: "stream";
  /** The recorded body of the Response that the stream seems to come from. */
  readonly taken: RecordedBody | undefined;
}

/** Any other object; the runtime may convert it to a string. */
export interface RecordedOther {
  readonly kind: "other";
  /** Undefined for a null body, and for a Response that the constructor did not make, such as a clone. */
  readonly body: object | undefined;
}

/** The type that a string body implies. */
export const TEXT_TYPE = "text/plain;charset=UTF-8";

const UNRECORDED: RecordedOther = { kind: "other", body: undefined };
const STREAM: RecordedStream = { kind: "stream", taken: undefined };

/** Whether the recording constructor was given a body. */
export function isRecorded(recorded: RecordedBody | undefined): boolean {
  if (typeof recorded !== "object") return recorded !== undefined;
  // Another copy of this package may have made the record.
  return recorded.kind !== "other" || recorded.body !== undefined;
}

/** A class whose constructor returns its argument, so that a subclass adds a field to that object. */
export const Given = function (object: object): object {
  return object;
} as unknown as new (object: object) => object;

/** Adds a private field to a Response or a stream: a WeakMap costs five times as much. */
export class Recorded extends Given {
  readonly #body: RecordedBody;

  /** Records the body of an object, once. */
  constructor(object: object, body: RecordedBody) {
    super(object);
    this.#body = body;
  }

  /** The record of an object. */
  static read(this: void, object: object): RecordedBody {
    return #body in object ? (object as Recorded).#body : UNRECORDED;
  }
}

/** Records a clone of a Response whose content is known. */
export function recordAs(clone: Response, response: Response): void {
  const recorded = Recorded.read(response);
  if (typeof recorded !== "object" || recorded.kind === "other" || recorded.kind === "stream") {
    return;
  }
  new Recorded(clone, recorded);
}

/** Records the stream of a Response, for the Response that may be made of it. */
export function recordStream(stream: ReadableStream, response: Response): void {
  const recorded = Recorded.read(response);
  if (recorded !== UNRECORDED && Recorded.read(stream) === UNRECORDED) {
    new Recorded(stream, recorded);
  }
}

/** The superclass of all typed arrays. */
const Bytes = Object.getPrototypeOf(Uint8Array) as typeof Uint8Array;

/** The length by the runtime's getter, which a subclass in the app may override. */
function lengthOf(body: object, { prototype }: { readonly prototype: object }): number {
  return Reflect.get(prototype, "byteLength", body);
}

/** The record of a body that a constructor was given, with its `init`; undefined for no body. */
export function recordOf(body: unknown, init: unknown): RecordedBody | undefined {
  if (body === null || body === undefined) return undefined;
  if (typeof body !== "object" && typeof body !== "function") return String(body);
  try {
    if (ArrayBuffer.isView(body)) {
      return { kind: "bytes", length: lengthOf(body, body instanceof DataView ? DataView : Bytes) };
    }
    if (body instanceof ReadableStream) return takenFrom(init, body) ?? taken(body) ?? STREAM;
    if (body instanceof Blob) {
      // A proxy of a Blob throws here; it is not a Blob to the runtime.
      Reflect.get(Blob.prototype, "type", body);
      return { kind: "blob", blob: body, headers: headersOf(init) };
    }
    if (body instanceof ArrayBuffer) return { kind: "bytes", length: lengthOf(body, ArrayBuffer) };
    return { kind: "other", body };
  } catch {
    // A proxy may throw.
    return UNRECORDED;
  }
}

/** The headers in `init`, unless a getter has them. */
function headersOf(init: unknown): unknown {
  if (typeof init !== "object" || init === null) return undefined;
  return Object.getOwnPropertyDescriptor(init, "headers")?.value;
}

/**
 * The record of a stream that seems to be the body of `init`, as in `new Response(old.body, old)`. Bun's
 * own server alone sends such a stream as it would send `old`.
 */
function takenFrom(init: unknown, { locked }: ReadableStream): RecordedStream | undefined {
  if (runtime !== "bun" || locked || !(init instanceof Response) || init.bodyUsed) return undefined;
  // Reading init.body would change how Bun inspects init.
  const taken = Recorded.read(init);
  return taken === UNRECORDED ? undefined : { kind: "stream", taken };
}

/** The record of a stream that was recorded. */
function taken(stream: ReadableStream): RecordedStream | undefined {
  const recorded = Recorded.read(stream);
  return recorded === UNRECORDED ? undefined : { kind: "stream", taken: recorded };
}
