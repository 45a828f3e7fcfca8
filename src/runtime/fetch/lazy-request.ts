/**
 * Requests of Deno, and of Node before 24, that are made when somebody looks at more than their
 * method and URL: making one costs a third of all that a request costs.
 *
 * These keep the state of a Request in properties whose keys are symbols. An object that has a
 * Request's prototype, and its brand on Deno, and takes the state of a true one over at the first
 * look at any of it, is one for all that the runtime's own code can see. Where that is not so, the
 * constructor is used.
 *
 * @module
 */

import { setImmediate } from "node:timers";
import {
  type ArrivingBody,
  type Construct,
  constructRequest,
  type LazyParts,
  type RequestBody,
} from "../../cgi/request.ts";
import type { NodeThreads } from "../types.ts";
import { defineReads } from "./body-reads.ts";

type State = Record<symbol, unknown>;
/** What a Request keeps its body in. */
type Inner = { body?: unknown } | null | undefined;

/** Methods that a Request has as they are. */
const USUAL = /^(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS)$/;

/** What makes an object a Request to Deno: a key that is its own value. Node looks at the prototype. */
let brand: symbol | undefined;
/** Where the signal is that it was given: even of those who read headers, few look there. */
let signalKey: symbol | undefined;

/** Where the object is that its body is in. */
let innerKey: symbol | undefined;

let markAsUncloneable: NodeThreads["markAsUncloneable"];

class LateRequest {
  readonly #url: string;
  readonly #method: string;
  readonly #body: RequestBody | ArrivingBody;
  readonly #late: LazyParts;
  #follower: Request | undefined;
  /** Who has the body: this, one who read it all, or a Request. */
  #holder: "this" | "reader" | "request" = "this";

  constructor(url: string, method: string, body: RequestBody | ArrivingBody, late: LazyParts) {
    this.#url = url;
    this.#method = method;
    this.#body = body;
    this.#late = late;
    if (brand !== undefined) (this as unknown as State)[brand] = brand;
    markAsUncloneable?.(this);
  }

  get method(): string {
    return this.#method;
  }

  get url(): string {
    return this.#url;
  }

  /** The bytes of a body that nobody has looked at. */
  static take(this: void, request: object): Uint8Array | Promise<Uint8Array> | undefined {
    // A proxy is none.
    if (!(#body in request) || request.#holder !== "this") return undefined;
    const body = request.#body;
    if (body === null || body instanceof ReadableStream) return undefined;
    request.#holder = "reader";
    // What is read is the reader's, and on Node these are part of a larger array.
    return body instanceof Uint8Array ? new Uint8Array(body) : body.whole();
  }

  /**
   * Takes over the state of a Request that has everything in it but the signal and the body: making
   * that costs Node as much as the rest, and one that is looked at for its headers is read by `take`.
   */
  static complete(request: LateRequest): void {
    const { fields } = request.#late;
    const late: LazyParts = { signal: undefined, fields: (add) => fields.call(request.#late, add) };
    const whole = constructRequest(request.#url, request.#method, null, late);
    if (request.#body !== null) {
      const inner = (whole as unknown as State)[innerKey!] as object;
      makeLate(inner, "body", () => LateRequest.bodyOf(request));
    }
    for (const key of Object.getOwnPropertySymbols(whole)) {
      if (key === signalKey) continue;
      Object.defineProperty(request, key, Object.getOwnPropertyDescriptor(whole, key)!);
    }
  }

  /** What a Request keeps of the body. */
  static bodyOf(request: LateRequest): unknown {
    const read = request.#holder === "reader";
    request.#holder = "request";
    const late: LazyParts = { signal: undefined, fields() {} };
    const body = read ? new Uint8Array(1) : request.#body;
    const whole = constructRequest(request.#url, request.#method, body, late);
    if (read) void whole.arrayBuffer();
    return ((whole as unknown as State)[innerKey!] as Inner)!.body;
  }

  /** The signal of a request, where it was given one. */
  static signalOf(request: LateRequest): AbortSignal | undefined {
    const { signal } = request.#late;
    if (brand !== undefined || signal === undefined) return signal;
    // On Node a clone follows no signal but one that a Request has made to follow another.
    request.#follower ??= new Request(request.#url, { signal });
    return (request.#follower as unknown as State)[signalKey!] as AbortSignal;
  }
}

// It is a Request to everybody who asks.
Reflect.deleteProperty(LateRequest.prototype, "constructor");
Object.setPrototypeOf(LateRequest.prototype, Request.prototype);
defineReads(LateRequest.prototype, LateRequest.take);

/** Makes a property when somebody looks at it. */
function makeLate(object: object, key: PropertyKey, make: () => unknown): void {
  const set = (value: unknown) => setOwn(object, key, value);
  const get = () => {
    set(make());
    return (object as Record<PropertyKey, unknown>)[key];
  };
  Object.defineProperty(object, key, { get, set, enumerable: true, configurable: true });
}

/** The first look at any of the state of a Request takes all of it over. */
function learnState(): void {
  const { signal } = new AbortController();
  const sample = new Request("http://localhost/", { signal }) as unknown as State;
  const plain = new Request("http://localhost/") as unknown as State;
  const posted = new Request("http://localhost/", { method: "POST", body: "x" });
  const keys = Object.getOwnPropertySymbols(sample);
  brand = keys.find((key) => sample[key] === key);
  signalKey = keys.find((key) => sample[key] instanceof AbortSignal);
  innerKey = Object.getOwnPropertySymbols(posted).find((key) => {
    const inner = (posted as unknown as State)[key] as Inner;
    return inner instanceof Object && Object.hasOwn(inner, "body") && inner.body !== null;
  });
  if (brand === undefined) {
    // Node 20 has none.
    const threads: NodeThreads = globalThis.process.getBuiltinModule("node:worker_threads");
    ({ markAsUncloneable } = threads);
  }
  for (const key of keys) {
    if (key === brand || key !== signalKey && !Object.hasOwn(plain, key)) continue;
    Object.defineProperty(LateRequest.prototype, key, {
      get(this: LateRequest): unknown {
        if (key === signalKey) return LateRequest.signalOf(this);
        LateRequest.complete(this);
        return (this as unknown as State)[key];
      },
      set(this: LateRequest, value: unknown): void {
        if (key !== signalKey) LateRequest.complete(this);
        setOwn(this, key, value);
      },
    });
  }
}

/** Gives an object a property of its own, where an assignment would call an inherited setter. */
function setOwn(object: object, key: PropertyKey, value: unknown): void {
  const own = { value, writable: true, enumerable: true, configurable: true };
  Object.defineProperty(object, key, own);
}

const constructLate: Construct = (url, method, body, late) => {
  if (!USUAL.test(method)) return constructRequest(url, method, body, late);
  return new LateRequest(new URL(url).href, method, body, late) as unknown as Request;
};

/** Whether everything that this rests on is so. */
function works(): boolean {
  try {
    learnState();
    if (signalKey === undefined || innerKey === undefined) return false;
    const { signal } = new AbortController();
    const late: LazyParts = { signal, fields: (add) => add("a", "b") };
    const request = constructLate("http://localhost/x", "POST", new Uint8Array(1), late);
    return Reflect.get(Request.prototype, "url", request) === request.url &&
      request.signal instanceof AbortSignal &&
      [new Request(request), request].every(({ headers, body }) =>
        headers.get("a") === "b" && body instanceof ReadableStream
      );
  } catch {
    // Nobody waits for this who could be told; an app may have a Request of its own, for one.
    return false;
  }
}

let construct: Construct = (url, method, body, late) => {
  construct = constructRequest;
  setImmediate(() => {
    if (works()) construct = constructLate;
  });
  return constructRequest(url, method, body, late);
};

/**
 * Makes such a Request. The first is made whole, and the loop's next turn finds out what they are
 * like: that takes 2 to 4 ms, and nobody waits for it.
 */
export const constructLateRequest: Construct = (url, method, body, late) =>
  construct(url, method, body, late);
