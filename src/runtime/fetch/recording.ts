/**
 * A `Response` constructor that remembers what body it was given: the only way to tell a string
 * from a stream without reading it, and on Bun a string from bytes.
 *
 * The constructor only observes: it calls the runtime's own with the same arguments, once, and writes
 * to no Response.
 *
 * @module
 */

/** A body as it is remembered: a string is that string itself. */
export type RecordedBody = string | RecordedBytes | RecordedBlob | RecordedStream | RecordedOther;

/** An array of bytes; the length is the runtime's, whatever the class of the array says. */
export interface RecordedBytes {
  readonly kind: "bytes";
  readonly length: number;
}

/** A Blob. The size of one that is a file changes until it is read. */
export interface RecordedBlob {
  readonly kind: "blob";
  readonly blob: Blob;
}

/** A stream, or what the runtime makes one of. */
export interface RecordedStream {
  readonly kind: "stream";
  /** The body of the Response that the stream seems to come from. */
  readonly taken: RecordedBody | undefined;
}

/** Any other object; the runtime may make a string of it. */
export interface RecordedOther {
  readonly kind: "other";
  /** Undefined where the constructor was given none, or did not make the Response: clones. */
  readonly body: object | undefined;
}

/** The type that a string body implies. */
export const TEXT_TYPE = "text/plain;charset=UTF-8";

/** Makes a Response. */
export type ConstructResponse = (body?: BodyInit | null, init?: ResponseInit) => Response;

/** Gives the body that a runtime's own constructor is to take in the place of an object. */
export type AdaptBody = (body: object) => object;

interface Recorder {
  readonly native: typeof Response;
  /** What was recorded of a Response's body. */
  read(response: Response): RecordedBody;
  /** Servers that need it, in all copies of this package. */
  users: number;
}

/** Shared between copies of this package, so that they record once and restore together. */
const RECORDER: unique symbol = Symbol.for("scgi.recorder") as never;

type Recording = typeof Response & { [RECORDER]?: Recorder };

const UNRECORDED: RecordedOther = { kind: "other", body: undefined };
const STREAM: RecordedStream = { kind: "stream", taken: undefined };

/**
 * Puts the recording constructor in the place of `Response`, or counts one more user of it. It
 * shares the prototype and the statics of the runtime's own, so `instanceof` stays true for
 * responses made before, after and by `fetch()`.
 *
 * @param constructing Gives what makes a Response as the runtime's own constructor does.
 * @param adapt What becomes of a body that is an object, before that constructor has it.
 * @returns a function that undoes it; the last one puts the runtime's own back.
 */
export function recordResponses(
  constructing: (native: typeof Response) => ConstructResponse = plainly,
  adapt?: AdaptBody,
): () => void {
  const global = globalThis as unknown as { Response: Recording };
  const recorder = global.Response[RECORDER] ?? install(global, constructing, adapt);
  recorder.users++;
  let released = false;
  return () => {
    if (released) return;
    released = true;
    recorder.users--;
    const current = Object.hasOwn(global.Response, RECORDER)
      ? global.Response[RECORDER]
      : undefined;
    if (recorder.users === 0 && current === recorder) global.Response = recorder.native;
  };
}

/** What was recorded of a Response's body; undefined while nothing is recorded. */
export function recordedBody(response: Response): RecordedBody | undefined {
  return (globalThis.Response as Recording)[RECORDER]?.read(response);
}

/** Whether a body is known to have been given to the recording constructor. */
export function isRecorded(recorded: RecordedBody | undefined): boolean {
  return recorded !== undefined && recorded !== UNRECORDED;
}

/** A class whose constructor gives what it is given, so that its subclass adds a field to that. */
const Given = function (response: Response): Response {
  return response;
} as unknown as new (response: Response) => object;

/** A private field of a Response that is nobody else's: a WeakMap costs five times as much. */
class Recorded extends Given {
  readonly #body: RecordedBody;

  constructor(response: Response, body: RecordedBody) {
    super(response);
    this.#body = body;
  }

  static read(this: void, response: Response): RecordedBody {
    return #body in response ? (response as unknown as Recorded).#body : UNRECORDED;
  }
}

function plainly(native: typeof Response): ConstructResponse {
  return (body, init) => new native(body, init);
}

function install(
  global: { Response: Recording },
  constructing: (native: typeof Response) => ConstructResponse,
  adapt: AdaptBody | undefined,
): Recorder {
  const native = global.Response;
  const construct = constructing(native);
  const recorder: Recorder = { native, read: Recorded.read, users: 0 };
  const constructor = function (
    this: unknown,
    body?: BodyInit | null,
    init?: ResponseInit,
  ): Response {
    // The runtime's own error.
    if (new.target === undefined) return (native as unknown as () => Response)();
    const taken = adapt !== undefined && typeof body === "object" && body !== null
      ? adapt(body) as BodyInit
      : body;
    const response: Response = (new.target as unknown) === recording
      ? construct(taken, init)
      : Reflect.construct(native, [taken, init], new.target);
    const known = typeof body === "string" ? body : recordOf(body, init);
    if (known !== undefined) new Recorded(response, known);
    return response;
  };
  const recording = constructor as unknown as Recording;
  const statics = Object.getOwnPropertyDescriptors(native);
  const json = jsonBy(recording, native);
  Object.defineProperty(json, "length", { value: native.json.length, configurable: true });
  Object.defineProperties(recording, {
    ...statics,
    json: { ...statics.json, value: json },
    prototype: { value: native.prototype, writable: false },
    [RECORDER]: { value: recorder },
  });
  Object.setPrototypeOf(recording, native);
  global.Response = recording;
  return recorder;
}

/** `Response.json` of a constructor, which the runtime's own would pass by. */
function jsonBy(constructor: typeof Response, native: typeof Response): typeof Response.json {
  // Clones of Deno forget the type where it is one of an object literal.
  const usual = { headers: new Headers(native.json(null).headers) };
  const { json } = {
    json(...args: [data: unknown, init?: ResponseInit]): Response {
      const [data, init] = args;
      // All other data is the runtime's to take or to refuse.
      if (typeof data !== "object" && typeof data !== "string") return native.json(...args);
      if (typeof (init ?? usual) !== "object") return native.json(...args);
      if (init === undefined) {
        const text = JSON.stringify(data);
        if (text !== undefined) return new constructor(text, usual);
        return native.json({ toJSON: () => undefined });
      }
      // Some runtimes read init before they ask for the text, others after.
      let text: string | undefined;
      const toJSON = (): unknown => (text = JSON.stringify(data)) === undefined ? undefined : 0;
      const made = native.json({ toJSON }, init);
      return text === undefined ? made : new constructor(text, made);
    },
  };
  return json;
}

/** The class of all typed arrays. */
const Bytes = Object.getPrototypeOf(Uint8Array) as typeof Uint8Array;

/** The length by the runtime's own getter: a class of the app may have another. */
function lengthOf(body: object, { prototype }: { readonly prototype: object }): number {
  return Reflect.get(prototype, "byteLength", body);
}

function recordOf(body: unknown, init: unknown): RecordedBody | undefined {
  if (body === null || body === undefined) return undefined;
  if (typeof body !== "object" && typeof body !== "function") return String(body);
  try {
    if (ArrayBuffer.isView(body)) {
      return { kind: "bytes", length: lengthOf(body, body instanceof DataView ? DataView : Bytes) };
    }
    if (body instanceof ReadableStream) return takenFrom(init, body) ?? STREAM;
    if (body instanceof Blob) {
      // A proxy of a Blob throws here, and is no Blob to the runtime.
      Reflect.get(Blob.prototype, "type", body);
      return { kind: "blob", blob: body };
    }
    if (body instanceof ArrayBuffer) return { kind: "bytes", length: lengthOf(body, ArrayBuffer) };
    return { kind: "other", body };
  } catch {
    // A proxy may throw whatever it is asked for.
    return UNRECORDED;
  }
}

/** The stream of another Response, which a middleware makes a new one of. */
function takenFrom(init: unknown, { locked }: ReadableStream): RecordedStream | undefined {
  if (locked || !(init instanceof Response) || init.bodyUsed) return undefined;
  // A look at init.body would change what Bun shows of init.
  const taken = Recorded.read(init);
  return taken === UNRECORDED ? undefined : { kind: "stream", taken };
}
