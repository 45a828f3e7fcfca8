/**
 * A `Response` constructor that remembers what body it was given: the only way to tell a string
 * from a stream without reading it, and on Bun a string from bytes.
 *
 * @module
 */

/** What is known of a body: the string itself, or the length of bytes or of a Blob. */
export type RecordedBody = string | { readonly length: number; readonly blob: boolean };

type Bodies = WeakMap<Response, RecordedBody>;

interface Recorder {
  readonly native: typeof Response;
  readonly bodies: Bodies;
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
 * @returns a function that undoes it; the last one puts the runtime's own back.
 */
export function recordResponses(): () => void {
  const global = globalThis as unknown as { Response: Recording };
  const recorder = global.Response[RECORDER] ?? install(global);
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
  return (globalThis.Response as Recording)[RECORDER]?.bodies.get(response);
}

function install(global: { Response: Recording }): Recorder {
  const native = global.Response;
  const bodies: Bodies = new WeakMap();
  const recorder: Recorder = { native, bodies, users: 0 };
  const record = function (this: unknown, body?: BodyInit | null, init?: ResponseInit): Response {
    if (new.target === undefined) {
      throw new TypeError("Class constructor Response cannot be invoked without 'new'");
    }
    const response: Response = (new.target as unknown) === recording
      ? new native(body, init)
      : Reflect.construct(native, [body, init], new.target);
    remember(bodies, response, body);
    return response;
  };
  const recording = record as unknown as Recording;
  Object.defineProperties(recording, {
    name: { value: "Response", configurable: true },
    length: { value: 0, configurable: true },
    prototype: { value: native.prototype, writable: false },
    [RECORDER]: { value: recorder },
  });
  Object.setPrototypeOf(recording, native);
  global.Response = recording;
  return recorder;
}

function remember(bodies: Bodies, response: Response, body: unknown): void {
  if (body === null || body === undefined) return;
  if (ArrayBuffer.isView(body) || body instanceof ArrayBuffer) {
    bodies.set(response, { length: body.byteLength, blob: false });
  } else if (typeof body !== "object") {
    bodies.set(response, String(body));
    // Bun knows the type that a string implies, and shows it on the wire of Bun.serve only.
    if (!response.headers.has("content-type")) {
      response.headers.set("content-type", "text/plain;charset=UTF-8");
    }
  } else if (!(body instanceof ReadableStream)) {
    // Bun forgets the type that these imply when the body is touched before the headers.
    void response.headers;
    if (body instanceof Blob && Number.isSafeInteger(body.size)) {
      bodies.set(response, { length: body.size, blob: true });
    }
  }
}
