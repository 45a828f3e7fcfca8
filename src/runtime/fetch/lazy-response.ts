/**
 * Responses of Node that make the stream of a text lazily: few apps use it, and making it costs more
 * than the rest of a Response.
 *
 * @module
 */

import { Given, TEXT_TYPE } from "./recorded-body.ts";
import type { ConstructResponse } from "./recording.ts";
import { findKey, stateOf } from "./state.ts";
import { isBodyless } from "../../cgi/response.ts";

/** The text of a lazy response, in private fields that are added to an object. */
class LazyText extends Given {
  readonly #text: string;
  #made: Response | undefined;
  /** Whether the text was sent. */
  #used = false;

  constructor(object: object, text: string) {
    super(object);
    this.#text = text;
  }

  /** Whether the text is used. */
  static isUsed(this: void, object: object): boolean {
    const lazy = object as LazyText;
    return lazy.#made?.bodyUsed ?? lazy.#used;
  }

  /**
   * Marks the text as used.
   *
   * @returns undefined for an object without a text, false where the app has locked the stream of it.
   */
  static use(this: void, object: object): boolean | undefined {
    if (!(#text in object)) return undefined;
    const lazy = object as LazyText;
    if (lazy.#made?.body?.locked) return false;
    lazy.#used = true;
    void lazy.#made?.arrayBuffer();
    return true;
  }

  /** The Response of the text. It gets the present Content-Type, which `blob()` and `formData()` use. */
  static make(
    this: void,
    object: object,
    native: typeof Response,
    type: string | null,
  ): Response {
    const lazy = object as LazyText;
    if (lazy.#made === undefined) {
      lazy.#made = new native(lazy.#text);
      if (lazy.#used) void lazy.#made.arrayBuffer();
    }
    const { headers } = lazy.#made;
    if (type === null) headers.delete("content-type");
    else headers.set("content-type", type);
    return lazy.#made;
  }
}

/** Makes responses as a constructor does, but lazily where the body is a text. */
export function lazyResponses(native: typeof Response): ConstructResponse {
  // A class in the place of the runtime's may send what its own constructor was given.
  if (Object.getPrototypeOf(native) !== Function.prototype) {
    return (body, init) => new native(body, init);
  }
  const stateKey = findStateKey(native);

  /** The object that has the text of a Response: its state, which a proxy of it gives as well. */
  const holderOf = (response: Response): object =>
    stateKey === undefined
      ? response
      : stateOf(response)[stateKey] as object | undefined ?? response;

  const make = (response: Response): Response =>
    LazyText.make(holderOf(response), native, response.headers.get("content-type"));

  /** A Response without a body, which makes its body from the text lazily. */
  class LazyResponse extends native {
    constructor(text: string, init: ResponseInit | undefined) {
      super(null, init);
      // Throws the constructor's own error.
      if (isBodyless(this.status)) new native(text, { status: this.status });
      new LazyText(holderOf(this), text);
      const { headers } = this;
      if (!headers.has("content-type")) headers.set("content-type", TEXT_TYPE);
    }

    override get body(): Response["body"] {
      return make(this).body;
    }

    override get bodyUsed(): boolean {
      return LazyText.isUsed(holderOf(this));
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

  const construct = (body?: BodyInit | null, init?: ResponseInit): Response =>
    typeof body === "string" ? new LazyResponse(body, init) : new native(body, init);
  const use = (response: Response) => LazyText.use(holderOf(response));
  return Object.assign(construct, { use });
}

/** The key of the state of a Response; undefined since Node 24, which has it in private fields. */
function findStateKey(native: typeof Response): symbol | undefined {
  return findKey(
    new native(null),
    (part) => part instanceof Object && Object.hasOwn(part, "status"),
  );
}

const READS = ["arrayBuffer", "blob", "bytes", "formData", "json", "text"] as const;
