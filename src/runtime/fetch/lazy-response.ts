/**
 * Responses of Node that make the stream of a text, or of bytes, lazily: few apps use it, and making it
 * costs more than the rest of a Response. Bytes of 1 MiB are copied once so, and not three times.
 *
 * @module
 */

import { isRead, read } from "./body-reads.ts";
import { hideClass } from "./hide-class.ts";
import { Given, TEXT_TYPE } from "./recorded-body.ts";
import type { ConstructResponse } from "./recording.ts";
import { plainBytes, Snapshot } from "./snapshot.ts";
import { findKey, stateOf } from "./state.ts";
import { isBodyless } from "../../cgi/response.ts";

/** A body that a Response has without a stream: its text, or bytes that nothing else uses. */
export type WholeBody = string | Uint8Array<ArrayBuffer>;

/** The body of a lazy response, in private fields that are added to an object. */
class LazyBody extends Given {
  /** Undefined once bytes were given away. */
  #body: WholeBody | Snapshot | undefined;
  #made: Response | undefined;
  /** Whether the body was sent, or read. */
  #used = false;

  constructor(object: object, body: WholeBody | Snapshot) {
    super(object);
    this.#body = body;
  }

  /** Whether the body is used. */
  static isUsed(this: void, object: object): boolean {
    const lazy = object as LazyBody;
    return lazy.#made?.bodyUsed ?? lazy.#used;
  }

  /**
   * Marks the body as used.
   *
   * @returns undefined for an object without such a body, false where the app has locked the stream of it.
   */
  static use(this: void, object: object): boolean | undefined {
    if (!(#body in object)) return undefined;
    const lazy = object as LazyBody;
    if (lazy.#made?.body?.locked) return false;
    lazy.#used = true;
    void lazy.#made?.arrayBuffer();
    return true;
  }

  /** Takes bytes that were not touched; undefined where a method of the Response has to read the body. */
  static take(this: void, object: object): Uint8Array<ArrayBuffer> | undefined {
    const lazy = object as LazyBody;
    const body = lazy.#body;
    if (typeof body === "string" || lazy.#used || lazy.#made !== undefined) return undefined;
    lazy.#used = true;
    lazy.#body = undefined;
    return body instanceof Snapshot ? body.whole() : body;
  }

  /** As `take()`, for the bytes that a constructor was given, in pieces. */
  static takePieces(this: void, object: object): Snapshot | undefined {
    if (!(#body in object) || !(object.#body instanceof Snapshot) || object.#used) return undefined;
    const body = object.#body;
    object.#body = undefined;
    object.#used = true;
    return body;
  }

  /** The body for the runtime's constructor, which copies bytes. */
  static #give(lazy: LazyBody): WholeBody {
    const body = lazy.#body ?? new Uint8Array();
    if (typeof body !== "string") lazy.#body = undefined;
    return body instanceof Snapshot ? body.whole() : body;
  }

  /** The Response of the body. It gets the present Content-Type, which `blob()` and `formData()` use. */
  static make(
    this: void,
    object: object,
    native: typeof Response,
    type: string | null,
  ): Response {
    const lazy = object as LazyBody;
    if (lazy.#made === undefined) {
      lazy.#made = new native(LazyBody.#give(lazy));
      if (lazy.#used) void lazy.#made.arrayBuffer();
    }
    const { headers } = lazy.#made;
    if (type === null) headers.delete("content-type");
    else headers.set("content-type", type);
    return lazy.#made;
  }
}

/** A class of responses that make the stream of their body lazily. */
type LazyClass = new (body: WholeBody, init?: ResponseInit, copied?: boolean) => Response;

/** Makes responses as a constructor does, but lazily where the body is a text or bytes. */
export function lazyResponses(native: typeof Response): ConstructResponse {
  if (!isOwn(native)) return (body, init) => new native(body, init);
  const { LazyResponse, holderOf } = lazyClass(native);
  const construct = (body?: BodyInit | null, init?: ResponseInit): Response => {
    if (typeof body === "string") return new LazyResponse(body, init);
    const bytes = typeof body === "object" && body !== null ? plainBytes(body) : undefined;
    return bytes === undefined ? new native(body, init) : new LazyResponse(bytes, init, true);
  };
  const use = (response: Response) => LazyBody.use(holderOf(response));
  const take = (response: Response) => LazyBody.takePieces(holderOf(response));
  return Object.assign(construct, { use, take });
}

/** Whether a class is the runtime's. Another in its place may keep to what its own constructor was given. */
export function isOwn(native: typeof Response): boolean {
  return Object.getPrototypeOf(native) === Function.prototype;
}

let made: { native: typeof Response; LazyResponse: LazyClass } | undefined;

/** A Response of bytes that nothing else uses, whose stream is made lazily. */
export function lazyResponseOf(bytes: Uint8Array<ArrayBuffer>, init: ResponseInit): Response {
  const native = Response;
  if (!isOwn(native)) return new native(bytes, init);
  if (made?.native !== native) made = { native, LazyResponse: lazyClass(native).LazyResponse };
  return new made.LazyResponse(bytes, init);
}

function lazyClass(
  native: typeof Response,
): { LazyResponse: LazyClass; holderOf: (response: Response) => object } {
  const stateKey = findStateKey(native);

  /** The object that has the body of a Response: its state, which a proxy of it gives as well. */
  const holderOf = (response: Response): object =>
    stateKey === undefined
      ? response
      : stateOf(response)[stateKey] as object | undefined ?? response;

  const make = (response: Response): Response =>
    LazyBody.make(holderOf(response), native, response.headers.get("content-type"));

  /** A Response without a body, which makes its body lazily. */
  class LazyResponse extends native {
    /** @param copied Whether the app has the bytes as well, so that they are copied. */
    constructor(body: WholeBody, init?: ResponseInit, copied = false) {
      super(null, init);
      // Throws the constructor's own error.
      if (isBodyless(this.status)) new native(body, { status: this.status });
      const copy = copied && typeof body !== "string" ? new Snapshot(body) : body;
      new LazyBody(holderOf(this), copy);
      if (typeof body !== "string") return;
      const { headers } = this;
      if (!headers.has("content-type")) headers.set("content-type", TEXT_TYPE);
    }

    override get body(): Response["body"] {
      return make(this).body;
    }

    override get bodyUsed(): boolean {
      return LazyBody.isUsed(holderOf(this));
    }

    override clone(): Response {
      return new native(make(this).clone().body, this);
    }

    static {
      for (const name of READS) {
        if (!(name in native.prototype)) continue;
        const value = {
          [name](this: LazyResponse): unknown {
            const bytes = isRead(name) ? LazyBody.take(holderOf(this)) : undefined;
            return bytes === undefined ? make(this)[name]() : read(name as "text", bytes);
          },
        }[name];
        Object.defineProperty(this.prototype, name, { value, writable: true, configurable: true });
      }
    }
  }
  hideClass(LazyResponse);

  return { LazyResponse, holderOf };
}

/** The key of the state of a Response; undefined since Node 24, which has it in private fields. */
function findStateKey(native: typeof Response): symbol | undefined {
  return findKey(
    new native(null),
    (part) => part instanceof Object && Object.hasOwn(part, "status"),
  );
}

const READS = ["arrayBuffer", "blob", "bytes", "formData", "json", "text"] as const;
