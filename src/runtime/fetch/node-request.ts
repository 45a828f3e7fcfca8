/**
 * Requests of Node since 24, which has their state in private fields: no part can be made lazily. Half
 * of the cost of such a Request is that its signal follows another. The constructor makes a controller for
 * each Request and drops it; here the connection gets that controller, and nothing is followed. A whole
 * body is read without the machinery of streams.
 *
 * A Request with a signal that follows takes 6.4 µs on Node 24 and 7.1 µs on Node 26; with the
 * controller that is kept it takes 1.7 and 1.2 µs.
 *
 * The constructor looks `AbortController` up in the globals, where another function stands during the
 * call. No code of the app runs in that time.
 *
 * @module
 */

import {
  type ArrivingBody,
  type Construct,
  constructRequest,
  type RequestBody,
  toInit,
} from "../../cgi/request.ts";
import { defineReads, type StartRead } from "./body-reads.ts";
import { hideClass } from "./hide-class.ts";
import { noteBody } from "./read-past.ts";

/** The controller that was made last in {@linkcode keeping}; undefined where none was. */
let kept: AbortController | undefined;
let Usual: typeof AbortController;

/** Stands for `AbortController`. */
const Keeping = function (): AbortController {
  return kept = new Usual();
} as unknown as typeof AbortController;

/** Calls a function, and keeps the controller that it makes. */
function keeping(make: () => Request): Request {
  kept = undefined;
  Usual = globalThis.AbortController;
  try {
    globalThis.AbortController = Keeping;
  } catch {
    // The app has frozen the globals.
    return make();
  }
  try {
    return make();
  } finally {
    globalThis.AbortController = Usual;
  }
}

class NodeRequest extends Request {
  readonly #body: RequestBody | ArrivingBody;

  constructor(url: string, init: RequestInit | undefined, body: RequestBody | ArrivingBody) {
    super(url, init);
    this.#body = body;
  }

  /** Takes an unused body, and begins to read it; undefined where it is used, or has no bytes. */
  static take(this: void, request: object, start: StartRead): Promise<unknown> | undefined {
    // A proxy does not have the private field.
    if (!(#body in request)) return undefined;
    const body = request.#body;
    if (body === null || body instanceof ReadableStream) return undefined;
    const stream = request.body!;
    if (stream.locked || request.bodyUsed) return undefined;
    // A clone leaves a branch in the place of the stream.
    if (!(body instanceof Uint8Array) && stream !== body.stream) return undefined;
    const reader = stream.getReader();
    if (body instanceof Uint8Array) {
      void reader.cancel();
      return start(body);
    }
    const whole = start(body);
    // Marks the body as used. It gives no bytes, because these go to the reader of the whole body.
    reader.read().catch(() => {});
    return whole;
  }

  override clone(): Request {
    return cloneOf(this);
  }
}

hideClass(NodeRequest);
defineReads(NodeRequest.prototype, NodeRequest.take);

/** A clone whose signal follows that of a request; that of Node's own is lost with the garbage. */
function cloneOf(request: Request): Request {
  const clone = keeping(() => Request.prototype.clone.call(request));
  const { signal } = request;
  const controller = kept;
  if (controller !== undefined && !signal.aborted) {
    signal.addEventListener("abort", () => controller.abort(signal.reason), { once: true });
  }
  return Object.defineProperty(clone, "clone", {
    value: () => cloneOf(clone),
    writable: true,
    configurable: true,
  });
}

/** Makes a `Request` whose own controller the connection has. */
export const constructNodeRequest: Construct = (url, method, body, lazy) => {
  if (lazy.adopt === undefined) return constructRequest(url, method, body, lazy);
  const init: RequestInit & { duplex?: string } | undefined = method === "GET"
    ? undefined
    : { method };
  if (body !== null) {
    if ("stream" in body) noteBody(body.stream, body);
    init!.body = toInit(body) as BodyInit;
    init!.duplex = "half";
  }
  const request = keeping(() => new NodeRequest(url, init, body));
  if (kept?.signal !== request.signal) return constructRequest(url, method, body, lazy);
  lazy.adopt(kept);
  const { headers } = request;
  lazy.fields((name, value) => headers.append(name, value));
  return request;
};
