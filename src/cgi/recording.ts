/**
 * A `Response` constructor that remembers what body it was given: the only way to tell a string
 * from a stream without reading it, and on Bun a string from bytes.
 *
 * @module
 */

/** What is known of a body: the string itself, or the length of bytes or of a Blob. */
export type RecordedBody = string | { readonly length: number; readonly blob: boolean };

/** The type that a string body implies. */
export const TEXT_TYPE = "text/plain;charset=UTF-8";

/** Makes a Response. */
export type ConstructResponse = (body?: BodyInit | null, init?: ResponseInit) => Response;

interface Recorder {
  readonly native: typeof Response;
  /** What was recorded of a Response's body. */
  read(response: Response): RecordedBody | undefined;
  /** Servers that need it, in all copies of this package. */
  users: number;
}

/** Shared between copies of this package, so that they record once and restore together. */
const RECORDER: unique symbol = Symbol.for("scgi.recorder") as never;

type Recording = typeof Response & { [RECORDER]?: Recorder };

/**
 * Puts the recording constructor in the place of `Response`, or counts one more user of it. It
 * shares the prototype and the statics of the runtime's own, so `instanceof` stays true for
 * responses made before, after and by `fetch()`.
 *
 * @param constructing Gives what makes a Response as the runtime's own constructor does.
 * @returns a function that undoes it; the last one puts the runtime's own back.
 */
export function recordResponses(
  constructing: (native: typeof Response) => ConstructResponse = plainly,
): () => void {
  const global = globalThis as unknown as { Response: Recording };
  const recorder = global.Response[RECORDER] ?? install(global, constructing);
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

/** What was recorded of a Response's body; undefined where nothing was. */
export function recordedBody(response: Response): RecordedBody | undefined {
  return (globalThis.Response as Recording)[RECORDER]?.read(response);
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

  static read(this: void, response: Response): RecordedBody | undefined {
    return #body in response ? (response as unknown as Recorded).#body : undefined;
  }
}

function plainly(native: typeof Response): ConstructResponse {
  return (body, init) => new native(body, init);
}

function install(
  global: { Response: Recording },
  constructing: (native: typeof Response) => ConstructResponse,
): Recorder {
  const native = global.Response;
  const construct = constructing(native);
  const recorder: Recorder = { native, read: Recorded.read, users: 0 };
  const showsType = new native("").headers.has("content-type");
  const constructor = function (
    this: unknown,
    body?: BodyInit | null,
    init?: ResponseInit,
  ): Response {
    if (new.target === undefined) {
      throw new TypeError("Class constructor Response cannot be invoked without 'new'");
    }
    const response: Response = (new.target as unknown) === recording
      ? construct(body, init)
      : Reflect.construct(native, [body, init], new.target);
    const known = record(response, body, showsType);
    if (known !== undefined) new Recorded(response, known);
    return response;
  };
  const recording = constructor as unknown as Recording;
  Object.defineProperties(recording, {
    name: { value: "Response", configurable: true },
    length: { value: 0, configurable: true },
    prototype: { value: native.prototype, writable: false },
    [RECORDER]: { value: recorder },
  });
  Object.setPrototypeOf(recording, native);
  recording.json = jsonBy(recording, native);
  global.Response = recording;
  return recorder;
}

/** `Response.json` of a constructor, which the runtime's own would pass by. */
function jsonBy(constructor: typeof Response, native: typeof Response): typeof Response.json {
  const type = native.json(null).headers.get("content-type")!;
  const usual = { headers: { "content-type": type } };
  return function json(data: unknown, init?: ResponseInit): Response {
    const text = JSON.stringify(data);
    // What it refuses, and what else it takes, is the runtime's.
    if (text === undefined || init === null || typeof (init ?? usual) !== "object") {
      return native.json(data, init);
    }
    if (init === undefined) return new constructor(text, usual);
    const headers = new Headers(init.headers);
    if (!headers.has("content-type")) headers.set("content-type", type);
    const { status = 200, statusText = "" } = init;
    return new constructor(text, { status, statusText, headers });
  };
}

/** What is kept of a body. The type that a string implies is made to show where it does not. */
function record(response: Response, body: unknown, showsType: boolean): RecordedBody | undefined {
  if (body === null || body === undefined) return undefined;
  if (ArrayBuffer.isView(body) || body instanceof ArrayBuffer) {
    return { length: body.byteLength, blob: false };
  }
  if (typeof body !== "object") {
    // Bun knows it, and shows it on the wire of Bun.serve only.
    if (!showsType && !response.headers.has("content-type")) {
      response.headers.set("content-type", TEXT_TYPE);
    }
    return String(body);
  }
  if (body instanceof ReadableStream) return undefined;
  // Bun forgets the type that these imply when the body is touched before the headers.
  void response.headers;
  return body instanceof Blob && Number.isSafeInteger(body.size)
    ? { length: body.size, blob: true }
    : undefined;
}
