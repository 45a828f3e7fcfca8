/**
 * Responses of Node that make the stream of a text or of bytes lazily: few apps use it, and making it
 * costs more than the rest of a Response. Bytes of 1 MiB are copied once so, and not three times.
 *
 * @module
 */

import { Given, TEXT_TYPE } from "./recorded-body.ts";
import type { ConstructResponse } from "./recording.ts";
import { findKey, stateOf } from "./state.ts";
import { plainBytes, Snapshot } from "./snapshot.ts";
import { isBodyless } from "../../cgi/response.ts";

/** The body of a lazy response, in private fields that are added to an object. */
class LazyBody extends Given {
  /** Undefined once bytes were given away. */
  #content: string | Snapshot | undefined;
  #made: Response | undefined;
  /** Whether the body was sent. */
  #used = false;

  constructor(object: object, content: string | Snapshot) {
    super(object);
    this.#content = content;
  }

  /** Whether the body is used. */
  static isUsed(this: void, object: object): boolean {
    const lazy = object as LazyBody;
    return lazy.#made?.bodyUsed ?? lazy.#used;
  }

  /**
   * Marks a text as used.
   *
   * @returns undefined for an object without a text, false where the app has locked the stream of it.
   */
  static use(this: void, object: object): boolean | undefined {
    if (!(#content in object) || typeof object.#content !== "string") return undefined;
    const lazy = object as LazyBody;
    if (lazy.#made?.body?.locked) return false;
    lazy.#used = true;
    void lazy.#made?.arrayBuffer();
    return true;
  }

  /** Takes unused bytes, and marks them as used; undefined where the app has looked at the stream. */
  static take(this: void, object: object): Snapshot | undefined {
    if (!(#content in object) || typeof object.#content === "string") return undefined;
    const taken = object.#content;
    if (taken === undefined) return undefined;
    object.#content = undefined;
    object.#used = true;
    return taken;
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

  /** The body for the runtime's constructor, which copies bytes. */
  static #give(lazy: LazyBody): string | Uint8Array<ArrayBuffer> {
    const content = lazy.#content;
    if (typeof content === "string") return content;
    lazy.#content = undefined;
    return content?.whole() ?? new Uint8Array();
  }
}

/** Makes responses as a constructor does, but lazily where the body is a text or bytes. */
export function lazyResponses(native: typeof Response): ConstructResponse {
  // A class in the place of the runtime's may send what its own constructor was given.
  if (Object.getPrototypeOf(native) !== Function.prototype) {
    return (body, init) => new native(body, init);
  }
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
    constructor(body: string | Uint8Array<ArrayBuffer>, init: ResponseInit | undefined) {
      super(null, init);
      // Throws the constructor's own error.
      if (isBodyless(this.status)) new native(body, { status: this.status });
      const isText = typeof body === "string";
      new LazyBody(holderOf(this), isText ? body : new Snapshot(body));
      if (!isText) return;
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
            return make(this)[name]();
          },
        }[name];
        Object.defineProperty(this.prototype, name, { value, writable: true, configurable: true });
      }
    }
  }
  // Hides the subclass: `constructor` is then the runtime's `Response`.
  Reflect.deleteProperty(LazyResponse.prototype, "constructor");

  const construct = (body?: BodyInit | null, init?: ResponseInit): Response => {
    const lazy = typeof body === "object" && body !== null ? plainBytes(body) : body;
    return typeof lazy === "string" || lazy instanceof Uint8Array
      ? new LazyResponse(lazy, init)
      : new native(body, init);
  };
  const use = (response: Response) => LazyBody.use(holderOf(response));
  const take = (response: Response) => LazyBody.take(holderOf(response));
  return Object.assign(construct, { use, take });
}

/** The key of the state of a Response; undefined since Node 24, which has it in private fields. */
function findStateKey(native: typeof Response): symbol | undefined {
  return findKey(
    new native(null),
    (part) => part instanceof Object && Object.hasOwn(part, "status"),
  );
}

const READS = ["arrayBuffer", "blob", "bytes", "formData", "json", "text"] as const;
