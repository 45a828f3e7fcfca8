/**
 * Lazy requests of Deno, and of Node before 24: the real Request is made when more than the method and
 * the URL is used, because making it takes a third of the time of a request.
 *
 * These runtimes keep the state of a Request in properties whose keys are symbols. A lazy request has
 * the prototype of `Request`, on Deno its brand, and makes a real Request when a part of its state is
 * first read, which is that Request's from then on. The runtime's own code then cannot tell the two apart.
 * Where a check finds that this does not work, the constructor is used.
 *
 * @module
 */

import { once } from "../system/timers.ts";
import {
  type ArrivingBody,
  type Construct,
  constructRequest,
  type LazyParts,
  type RequestBody,
  takesBody,
} from "../../cgi/request.ts";
import { runtime } from "../detect.ts";
import type { NodeThreads } from "../types.ts";
import { defineReads, type StartRead } from "./body-reads.ts";
import { ByteStreamBody } from "./deno-body.ts";
import { giveHeaders, lazyHeaders, learnHeaders } from "./deno-headers.ts";
import { hideClass } from "./hide-class.ts";
import { constructNodeRequest } from "./node-request.ts";
import { defineLazy, findKey, setOwn, stateOf } from "./state.ts";

/** The object that a Request keeps its body in. */
type Inner = { body?: unknown } | null | undefined;

/** Methods that a Request does not alter. */
const USUAL = /^(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS)$/;

/** Marks a Request on Deno: a symbol that is both key and value. Node checks the prototype. */
let brand: symbol | undefined;
/** The key of the signal, which few handlers use, even of those that read headers. */
let signalKey: symbol | undefined;

/** The key of the object that has the body. */
let innerKey: symbol | undefined;
/** The key of the Headers on Deno, where those can be lazy. */
let headersKey: symbol | undefined;

let markAsUncloneable: NodeThreads["markAsUncloneable"];

class LazyRequest {
  readonly #url: string;
  readonly #method: string;
  readonly #body: RequestBody | ArrivingBody;
  readonly #lazy: LazyParts;
  #follower: Request | undefined;
  #headers: Headers | undefined;
  /** The real Request that has the state. */
  #whole: Request | undefined;
  /** The owner of the body: this object, the reader of the whole body, or a real Request. */
  #holder: "this" | "reader" | "request" = "this";

  constructor(url: string, method: string, body: RequestBody | ArrivingBody, lazy: LazyParts) {
    this.#url = url;
    this.#method = method;
    this.#body = body;
    this.#lazy = lazy;
    if (brand !== undefined) stateOf(this)[brand] = brand;
    markAsUncloneable?.(this);
  }

  get method(): string {
    return this.#method;
  }

  get url(): string {
    return this.#url;
  }

  /** Takes an unused body, and begins to read it; undefined where it is used, or has no bytes. */
  static take(this: void, request: object, start: StartRead): Promise<unknown> | undefined {
    // A proxy does not have the private field.
    if (!(#body in request) || request.#holder !== "this") return undefined;
    const body = request.#body;
    if (body === null || body instanceof ReadableStream) return undefined;
    request.#holder = "reader";
    return start(body);
  }

  /**
   * The real Request that has the state, except the signal and the body: making those costs Node as
   * much as the rest, and a handler that only reads headers and a whole body needs neither.
   */
  static wholeOf(request: LazyRequest): Request {
    return request.#whole ??= LazyRequest.#complete(request);
  }

  /** The Headers of a request, which are lazy. */
  static headersOf(request: LazyRequest): Headers {
    return request.#headers ??= lazyHeaders(request.#lazy);
  }

  static #complete(request: LazyRequest): Request {
    const isLazy = headersKey !== undefined;
    const fields: LazyParts["fields"] = (add) => {
      if (!isLazy) request.#lazy.fields(add);
    };
    const lazy: LazyParts = { signal: undefined, fields };
    const whole = constructRequest(request.#url, request.#method, null, lazy);
    if (isLazy) giveHeaders(whole, LazyRequest.headersOf(request), innerKey!, headersKey!);
    if (request.#body !== null) {
      const inner = stateOf(whole)[innerKey!] as object;
      defineLazy(inner, "body", () => LazyRequest.bodyOf(request));
    }
    return whole;
  }

  /** The state of the body in a real Request. */
  static bodyOf(request: LazyRequest): unknown {
    const read = request.#holder === "reader";
    request.#holder = "request";
    const made = !read && request.#body instanceof ByteStreamBody ? request.#body.inner : undefined;
    if (made !== undefined) return made;
    const lazy: LazyParts = { signal: undefined, fields() {} };
    const body = read ? new Uint8Array(1) : request.#body;
    const whole = constructRequest(request.#url, request.#method, body, lazy);
    if (read) void whole.arrayBuffer();
    return (stateOf(whole)[innerKey!] as Inner)!.body;
  }

  /** The signal of a request; undefined for a request without a signal. */
  static signalOf(request: LazyRequest): AbortSignal | undefined {
    const { signal } = request.#lazy;
    if (brand !== undefined || signal === undefined) return signal;
    // On Node a clone follows only a signal that the constructor of a Request made.
    request.#follower ??= new Request(request.#url, { signal });
    return stateOf(request.#follower)[signalKey!] as AbortSignal;
  }
}

hideClass(LazyRequest);
Object.setPrototypeOf(LazyRequest.prototype, Request.prototype);
defineReads(LazyRequest.prototype, LazyRequest.take);

/**
 * Gives a clone, and its clones, the signal of the request. On Node 20 the signals that it makes for
 * clones are lost when garbage is collected.
 */
function follow(clone: Request, request: Request): Request {
  const key = findKey(clone, isSignal);
  // Since Node 24 it is no property.
  if (key === undefined) return clone;
  defineLazy(clone, key, () => request.signal);
  return withClones(clone);
}

function isSignal(part: unknown): boolean {
  return part instanceof AbortSignal;
}

/** Lets the clones of a Request follow it. */
function withClones(request: Request): Request {
  return Object.defineProperty(request, "clone", {
    value: () => follow(Request.prototype.clone.call(request), request),
    writable: true,
    configurable: true,
  });
}

/** Finds the keys of a Request's state, and and has each part read of the real Request. */
function learnState(): void {
  const { signal } = new AbortController();
  const sample = new Request("http://localhost/", { signal });
  const plain = new Request("http://localhost/");
  const posted = new Request("http://localhost/", { method: "POST", body: "x" });
  brand = findKey(sample, (part, key) => part === key);
  signalKey = findKey(sample, isSignal);
  innerKey = findKey(
    posted,
    (part) =>
      part instanceof Object && Object.hasOwn(part, "body") && (part as Inner)!.body !== null,
  );
  if (brand !== undefined && learnHeaders()) {
    headersKey = findKey(sample, (part) => part instanceof Headers);
  }
  if (headersKey !== undefined) {
    Object.defineProperty(LazyRequest.prototype, "headers", {
      get(this: LazyRequest): Headers {
        return LazyRequest.headersOf(this);
      },
      enumerable: true,
      configurable: true,
    });
  }
  if (brand === undefined) {
    // Node 20 does not have it.
    const threads: NodeThreads = globalThis.process.getBuiltinModule("node:worker_threads");
    ({ markAsUncloneable } = threads);
    Object.defineProperty(LazyRequest.prototype, "clone", {
      value: function clone(this: Request): Request {
        return follow(Request.prototype.clone.call(this), this);
      },
      writable: true,
      configurable: true,
    });
  }
  for (const key of Object.getOwnPropertySymbols(sample)) {
    if (key === brand || key !== signalKey && !Object.hasOwn(plain, key)) continue;
    Object.defineProperty(LazyRequest.prototype, key, {
      get(this: LazyRequest): unknown {
        if (key === signalKey) return LazyRequest.signalOf(this);
        return stateOf(LazyRequest.wholeOf(this))[key];
      },
      set(this: LazyRequest, value: unknown): void {
        if (key === signalKey) setOwn(this, key, value);
        else stateOf(LazyRequest.wholeOf(this))[key] = value;
      },
    });
  }
}

/** Makes a Request that is not lazy. */
const constructWhole: Construct = runtime !== "node"
  ? constructRequest
  : (...args) => withClones(constructRequest(...args));

const constructLazy: Construct = (url, method, body, lazy) => {
  if (!USUAL.test(method)) return constructWhole(url, method, body, lazy);
  return new LazyRequest(new URL(url).href, method, body, lazy) as unknown as Request;
};

/** Whether lazy requests work on this runtime. */
function works(): boolean {
  try {
    learnState();
    if (signalKey === undefined || innerKey === undefined) return false;
    const { signal } = new AbortController();
    const lazy: LazyParts = { signal, fields: (add) => add("a", "b") };
    const request = constructLazy("http://localhost/x", "POST", new Uint8Array(1), lazy);
    return Reflect.get(Request.prototype, "url", request) === request.url &&
      request.signal instanceof AbortSignal &&
      [new Request(request), request].every(({ headers, body }) =>
        headers.get("a") === "b" && body instanceof ReadableStream
      );
  } catch {
    // For example, an app may have replaced `Request`.
    return false;
  }
}

let construct: Construct = (url, method, body, lazy) => {
  construct = constructWhole;
  once(1, () => {
    if (works()) construct = constructLazy;
    else if (runtime === "node") construct = constructNodeRequest;
  });
  return constructWhole(url, method, body, lazy);
};

/** The body that the runtime's own server gives a request. */
function bodyFor(
  method: string,
  body: RequestBody | ArrivingBody,
  contentLength: number,
): RequestBody | ArrivingBody {
  if (body === null) return takesBody(method.toUpperCase()) ? new Uint8Array() : null;
  return runtime === "deno" && "whole" in body ? new ByteStreamBody(body, contentLength) : body;
}

/**
 * Makes a lazy request. The first call makes a real Request, and the check runs a millisecond later: it
 * takes 2 to 4 ms, which that request does not wait for.
 */
export const constructLazyRequest: Construct = (url, method, body, lazy) => {
  const { contentLength } = lazy;
  const own = contentLength === undefined ? body : bodyFor(method, body, contentLength);
  return construct(url, method, own, lazy);
};
