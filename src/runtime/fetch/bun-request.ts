/**
 * Requests of Bun whose headers and signal are made lazily. `fetch()` and `new Request()` read both
 * through the getters of a subclass on Bun, so the laziness is invisible to them.
 *
 * Making headers and a signal at once would cost three times as much as the Request itself.
 *
 * @module
 */

import { setImmediate } from "node:timers";
import {
  type ArrivingBody,
  type Construct,
  type LazyParts,
  type RequestBody,
  toInit,
} from "../../cgi/request.ts";
import { defineReads, type StartRead } from "./body-reads.ts";
import { BunHeaders, fillHeaders } from "./bun-headers.ts";
import { hideClass } from "./hide-class.ts";
import { noteBody } from "./read-past.ts";
import { countAsUsual } from "./stream-kind.ts";

const TEXT = "text/plain;charset=utf-8";

/** Stands for the present turn of the event loop. */
let turn: object = {};
let turns = false;

/** The present turn, which is told from the next as long as this is called in each. */
function presentTurn(): object {
  if (!turns) {
    turns = true;
    setImmediate(() => {
      turns = false;
      turn = {};
    });
  }
  return turn;
}

class BunRequest extends Request {
  readonly #lazy: LazyParts;
  readonly #body: RequestBody | ArrivingBody;
  /** The turn in which the request arrived. */
  readonly #turn: object | undefined;
  #headers: Headers | undefined;
  /** Whether the body was used as a stream before it had arrived. */
  #streamed = false;

  constructor(
    url: string,
    init: RequestInit | undefined,
    lazy: LazyParts,
    body: RequestBody | ArrivingBody,
  ) {
    super(url, init);
    this.#lazy = lazy;
    this.#body = body;
    this.#turn = body === null || lazy.contentLength === undefined ? undefined : presentTurn();
  }

  /** Takes an unused body that arrives, and begins to read it; undefined for Bun's own method to read. */
  static take(this: void, request: object, start: StartRead): Promise<unknown> | undefined {
    // A proxy does not have the private field.
    if (!(#body in request)) return undefined;
    const body = request.#body;
    if (body === null || !("arrived" in body)) return undefined;
    const { stream } = body;
    if (stream.locked || Reflect.get(Request.prototype, "bodyUsed", request)) return undefined;
    // A clone leaves a branch in the place of the stream.
    if (Reflect.get(Request.prototype, "body", request) !== stream) return undefined;
    const whole = start(body);
    // Marks the body as used. It gives no bytes, because these go to the reader of the whole body.
    stream.getReader().read().catch(() => {});
    return whole;
  }

  /** Whether Bun's own server would wait for the body: it never has it in the handler's first turn. */
  get #isPending(): boolean {
    if (this.#turn === undefined) return false;
    const body = this.#body!;
    return this.#turn === turn || "arrived" in body && !body.arrived;
  }

  /** The type that Bun's own server gives the Blob of the body; undefined where it is the same here. */
  get #blobType(): string | undefined {
    if (this.#lazy.contentLength === undefined || this.#body === null) return undefined;
    if (this.#streamed) return "";
    if (this.#isPending) return TEXT;
    if (!("arrived" in this.#body)) return undefined;
    return this.headers.get("content-type") ?? TEXT;
  }

  override get body(): Request["body"] {
    const body = super.body;
    if (this.#isPending) {
      this.#streamed = true;
      if (body !== null) countAsUsual(body);
    }
    return body;
  }

  override get headers(): Headers {
    return this.#headers ??= new BunHeaders(this.#lazy, () => super.headers);
  }

  override get signal(): AbortSignal {
    return this.#lazy.signal ?? super.signal;
  }

  override clone(): Request {
    fillHeaders(this.headers);
    if (this.#isPending) this.#streamed = true;
    return follow(super.clone(), this, this.#blobType);
  }

  // The results of these two methods depend on the header Content-Type.
  override blob(): Promise<Blob> {
    // As with Bun's own server, the type of no body is that of the headers only where these were read.
    const isEmpty = this.#body === null && this.#lazy.contentLength !== undefined;
    if (!isEmpty || this.#headers !== undefined) fillHeaders(this.headers);
    return retyped(super.blob(), this.#blobType);
  }

  override formData(): Promise<FormData> {
    fillHeaders(this.headers);
    const form = super.formData();
    return this.#isPending && this.bodyUsed ? form.catch(rethrow) : form;
  }

  [Symbol.for("nodejs.util.inspect.custom")](): Request {
    return this.clone();
  }
}

/** Gives a clone, and its clones, the signal of the request and the type of its Blob. */
function follow(clone: Request, { signal }: Request, type: string | undefined): Request {
  const { blob } = Request.prototype;
  return Object.defineProperties(clone, {
    signal: { value: signal },
    clone: {
      value: () => follow(Request.prototype.clone.call(clone), clone, type),
      configurable: true,
    },
    // The type is empty while the body arrives.
    ...type === "" && { body: { get: () => usualBody(clone), configurable: true } },
    ...type !== undefined && {
      blob: { value: () => retyped(blob.call(clone), type), configurable: true },
    },
  });
}

function usualBody(clone: Request): Request["body"] {
  const body: Request["body"] = Reflect.get(Request.prototype, "body", clone);
  if (body !== null) countAsUsual(body);
  return body;
}

async function retyped(blob: Promise<Blob>, type: string | undefined): Promise<Blob> {
  const typed = await blob;
  if (type === undefined || type === typed.type) return typed;
  if (type === "" || type === TEXT) return new Blob([typed], { type });
  // Unlike the constructor of a Blob, this leaves the case of the type.
  return await new Response(typed, { headers: { "content-type": type } }).blob();
}

/** Throws the error of Bun's own server for a form that it has waited for. */
function rethrow(error: Error & { code?: unknown }): never {
  if (error.code !== "ERR_FORMDATA_PARSE_ERROR") throw error;
  throw new Error(error.message.replace(" parse error", ""));
}

hideClass(BunRequest);
defineReads(BunRequest.prototype, BunRequest.take);

/** Makes a `Request` with lazy headers and a lazy signal. */
export const constructBunRequest: Construct = (url, method, body, lazy) => {
  if (body === null) {
    return new BunRequest(url, method === "GET" ? undefined : { method }, lazy, null);
  }
  if ("arrived" in body) noteBody(body.stream, body);
  const init = { method, body: toInit(body), duplex: "half" };
  return new BunRequest(url, init as RequestInit, lazy, body);
};
