/**
 * A `Response` constructor that records the body that it was given: the only way to tell a string from
 * a stream without reading the body, and on Bun a string from bytes.
 *
 * The constructor only observes: it calls the runtime's constructor once, with the same arguments, and
 * changes no Response. On Bun, `fetch()` is observed as well, while responses are recorded.
 *
 * @module
 */

import { runtime } from "../known.ts";
import { noteCopy, watchFetch } from "./codings.ts";
import { Recorded, type RecordedBody, recordOf } from "./recorded-body.ts";
import type { Snapshot } from "./snapshot.ts";
import { copyOfUpgrade } from "./upgrade-response.ts";

/** Makes a Response as a constructor does, whose parameters and result it has, without `new`. */
export interface ConstructResponse {
  (body?: BodyInit | null, init?: ResponseInit): Response;
  /**
   * Marks the body of a Response as used without a read. Undefined for a Response that this function has
   * not made; false where the app has locked the body.
   */
  readonly use?: (response: Response) => boolean | undefined;
  /**
   * Takes the unused bytes that a Response was made of, and marks its body as used. Undefined where a
   * read has to give them.
   */
  readonly take?: (response: Response) => Snapshot | undefined;
  /**
   * Takes the text of a Response of status 200 whose head has no more than a type that is accepted, and
   * marks its body as used. Undefined for any other, and where the app looked into the Response.
   */
  readonly takePlain?: (
    response: Response,
    accepts: (type: string) => boolean,
  ) => PlainText | undefined;
  /** Makes a Response as `Response.json` does, with its text where it is known. */
  readonly json?: (data: unknown) => { response: Response; text: string | undefined };
}

/** A text, and the value of its Content-Type. */
export interface PlainText {
  readonly text: string;
  readonly type: string;
}

/** Replaces a body that is an object, before the runtime's constructor gets it. */
export type AdaptBody = (body: object) => object;

interface Recorder {
  readonly native: typeof Response;
  /** The recorded body of a Response. */
  read(response: Response): RecordedBody;
  /** As in {@linkcode ConstructResponse}. */
  readonly use: ConstructResponse["use"];
  /** As in {@linkcode ConstructResponse}; undefined in earlier versions of this package. */
  readonly take?: ConstructResponse["take"];
  /** As in {@linkcode ConstructResponse}. */
  readonly takePlain?: ConstructResponse["takePlain"];
  /** Restores `fetch`, where it is watched. */
  readonly restoreFetch?: () => void;
  /** How many servers need the recording, in all copies of this package. */
  users: number;
}

/** Shared between copies of this package, so that they record once and restore together. */
const RECORDER: unique symbol = Symbol.for("scgi.recorder") as never;

type Recording = typeof Response & { [RECORDER]?: Recorder };

/**
 * Replaces `Response` by the recording constructor, or counts another user of it. The constructor
 * shares the prototype and the statics of the runtime's `Response`, so `instanceof` stays true for
 * responses that were made before or by `fetch()`.
 *
 * @param constructing Returns a function that makes a Response as the runtime's constructor does.
 * @param adapt Replaces a body that is an object.
 * @returns a function that ends the use; the last call restores the runtime's `Response`.
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
    if (recorder.users > 0 || current !== recorder) return;
    global.Response = recorder.native;
    recorder.restoreFetch?.();
  };
}

/** The recorded body of a Response; undefined while responses are not recorded. */
export function recordedBody(response: Response): RecordedBody | undefined {
  return (globalThis.Response as Recording)[RECORDER]?.read(response);
}

/** Whether an empty body is used by the runtime's own server. */
export function usesEmpty(): boolean {
  return runtime !== "bun";
}

/**
 * Marks the body of a Response that was made of a text as used, as if it had been read.
 *
 * @returns false where the app has locked the body.
 */
export function useText(response: Response, text: string): boolean {
  if (text === "" && !usesEmpty()) return true;
  const used = (globalThis.Response as Recording)[RECORDER]?.use?.(response);
  if (used !== undefined) return used;
  // The cheapest read: the text is not copied. A subclass in the app may override the method.
  const read = Response.prototype.text.call(response);
  if (response.bodyUsed) return true;
  read.catch(() => {});
  return false;
}

/** Takes the bytes that a Response was made of, as in {@linkcode ConstructResponse}. */
export function takeBytes(response: Response): Snapshot | undefined {
  return (globalThis.Response as Recording)[RECORDER]?.take?.(response);
}

/** Takes a text, as in {@linkcode ConstructResponse}. */
export function takePlain(
  response: Response,
  accepts: (type: string) => boolean,
): PlainText | undefined {
  return (globalThis.Response as Recording)[RECORDER]?.takePlain?.(response, accepts);
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
  const recorder: Recorder = {
    native,
    read: Recorded.read,
    use: construct.use,
    take: construct.take,
    takePlain: construct.takePlain,
    ...runtime === "bun" && { restoreFetch: watchFetch() },
    users: 0,
  };
  const constructor = function (
    this: unknown,
    body?: BodyInit | null,
    init?: ResponseInit,
  ): Response {
    // Throws the runtime's own error.
    if (new.target === undefined) return (native as unknown as () => Response)();
    const taken = adapt !== undefined && typeof body === "object" && body !== null
      ? adapt(body) as BodyInit
      : body;
    let response: Response;
    try {
      response = (new.target as unknown) === recording
        ? construct(taken, init)
        : Reflect.construct(native, [taken, init], new.target);
    } catch (error) {
      const copied = copyOfUpgrade(init);
      if (copied === undefined) throw error;
      response = Reflect.construct(native, [taken, copied], new.target);
    }
    const known = typeof body === "string" ? body : recordOf(body, init);
    if (known !== undefined) {
      new Recorded(response, known);
      if (init !== undefined) noteCopy(response, body, init);
    }
    return response;
  };
  const recording = constructor as unknown as Recording;
  const statics = Object.getOwnPropertyDescriptors(native);
  const json = jsonBy(recording, native, construct.json);
  Object.defineProperty(json, "length", { value: native.json.length, configurable: true });
  Object.defineProperties(recording, {
    ...statics,
    json: { ...statics.json, value: json },
    prototype: { value: native.prototype, writable: false },
    ...Object.hasOwn(native, Symbol.hasInstance) && {
      [Symbol.hasInstance]: { value: instanceBy(recording, native), configurable: true },
    },
    [RECORDER]: { value: recorder },
  });
  Object.setPrototypeOf(recording, native);
  global.Response = recording;
  return recorder;
}

/**
 * A `Symbol.hasInstance` for the place of a class that has one, such as the Response of
 * `@hono/node-server`, which takes the runtime's own responses for its own, but not a subclass's.
 */
function instanceBy(constructor: unknown, native: typeof Response): (value: unknown) => boolean {
  return function (this: unknown, value: unknown): boolean {
    if (this === constructor) return value instanceof native;
    return Function.prototype[Symbol.hasInstance].call(this, value);
  };
}

/** A `Response.json` that calls a constructor, as the runtime's own does not. */
function jsonBy(
  constructor: typeof Response,
  native: typeof Response,
  byState: ConstructResponse["json"],
): typeof Response.json {
  let usual: { headers: Headers } | undefined;
  const { json } = {
    json(...args: [data: unknown, init?: ResponseInit]): Response {
      const [data, init] = args;
      // The runtime accepts or refuses all other data.
      if (typeof data !== "object" && typeof data !== "string") return native.json(...args);
      if (typeof (init ?? {}) !== "object") return native.json(...args);
      if (init === undefined && byState !== undefined) {
        const { response, text } = byState(data);
        if (text !== undefined) new Recorded(response, text);
        return response;
      }
      if (init === undefined) {
        const text = JSON.stringify(data);
        // On Deno a clone loses the type where the headers were an object literal.
        usual ??= { headers: new Headers(native.json(null).headers) };
        if (text !== undefined) return new constructor(text, usual);
        return native.json({ toJSON: () => undefined });
      }
      // The runtimes differ in whether they read init or the data first.
      let text: string | undefined;
      const toJSON = (): unknown => (text = JSON.stringify(data)) === undefined ? undefined : 0;
      const made = native.json({ toJSON }, init);
      return text === undefined ? made : new constructor(text, made);
    },
  };
  return json;
}
