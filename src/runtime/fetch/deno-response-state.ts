/**
 * The state of a Response of Deno, which the runtime keeps in properties whose keys are symbols. A
 * Response without a body can be given one there: for a text beside a status or some headers, and for
 * bytes, the constructor makes a native reply as well, which only Deno's own server takes.
 *
 * @module
 */

import { isBodyless } from "../../cgi/response.ts";
import { TEXT_TYPE } from "./recorded-body.ts";
import type { PlainText } from "./recording.ts";
import { findKey, stateOf } from "./state.ts";

/** A body that is there, until something has looked at its stream. */
export interface Content {
  readonly body: unknown;
  consumed: boolean;
}

/** A body. */
interface InnerBody {
  streamOrStatic: Content | ReadableStream;
  source: unknown;
  length: number | null;
}

/** The part of the state that a Response without a body has as well. */
interface Inner {
  body: InnerBody | null;
  readonly headerList: [name: string, value: string][];
  readonly status: number;
  readonly statusMessage: string;
}

/** The state of responses. */
export class ResponseState {
  readonly #native: typeof Response;
  readonly #inner: symbol;
  readonly #headers: symbol;
  /** The keys of a text that has no body yet, of its type, and of whether it is used. */
  readonly #text: symbol;
  readonly #type: symbol;
  readonly #used: symbol;
  readonly #Body: new (content: Content) => InnerBody;
  /** Whether a Response can be made by its state; undefined until the first is to be made. */
  #makes: boolean | undefined;

  /** Finds the keys; throws where they are others. */
  constructor(native: typeof Response) {
    const sample = new native("text");
    const named = (name: string): symbol => {
      const key = findKey(sample, (_, key) => key.description === name);
      if (key === undefined) throw new Error(`A Response has no ${name}`);
      return key;
    };
    this.#native = native;
    this.#inner = named("response");
    this.#headers = named("headers");
    this.#text = named("lazy static body");
    this.#type = named("lazy static content type");
    this.#used = named("serve fast consumed");
    void sample.headers;
    this.#Body = this.#innerOf(sample).body!.constructor as new (content: Content) => InnerBody;
    const plain = new native("text");
    const { text, type } = this.takePlain(plain, () => true) ?? {};
    if (text !== "text" || type !== TEXT_TYPE || !plain.bodyUsed) throw new Error("It is another");
  }

  #innerOf(response: Response): Inner {
    return stateOf(response)[this.#inner] as Inner;
  }

  /**
   * Makes a Response as the constructor does; undefined where that cannot be.
   *
   * @param type The type that the body implies.
   */
  make(
    content: Content,
    length: number | null,
    init: ResponseInit,
    type?: string,
  ): Response | undefined {
    this.#makes ??= this.#canMake();
    return this.#makes ? this.#make(content, length, init, type) : undefined;
  }

  #make(content: Content, length: number | null, init: ResponseInit, type?: string): Response {
    const response = new this.#native(null, init);
    const inner = this.#innerOf(response);
    if (isBodyless(inner.status) || inner.status === 101) {
      // Throws the constructor's own error.
      return new this.#native("", { status: inner.status });
    }
    const { headerList } = inner;
    if (type !== undefined && !headerList.some(isType)) headerList.push(["Content-Type", type]);
    const body = inner.body = new this.#Body(content);
    body.length = length;
    return response;
  }

  /** The body of a Response, unless something has looked at its stream. */
  contentOf(response: Response): Content | undefined {
    const content = this.#innerOf(response)?.body?.streamOrStatic;
    return content instanceof ReadableStream ? undefined : content;
  }

  /** Takes the text of a Response that has no more than a type, and that the app did not look into. */
  takePlain(response: Response, accepts: (type: string) => boolean): PlainText | undefined {
    if (Object.getPrototypeOf(response) !== this.#native.prototype) return undefined;
    const state = stateOf(response);
    if (state[this.#headers] !== null || state[this.#used] !== false) return undefined;
    const { status, statusMessage, headerList } = this.#innerOf(response);
    if (status !== 200 || statusMessage !== "") return undefined;
    const text = state[this.#text];
    if (typeof text === "string") {
      const type = state[this.#type] as string | null ?? TEXT_TYPE;
      if (headerList.length > 0 || !accepts(type)) return undefined;
      state[this.#used] = true;
      return { text, type };
    }
    const [field] = headerList;
    if (headerList.length !== 1 || !isType(field!) || !accepts(field![1])) return undefined;
    const content = this.contentOf(response);
    if (typeof content?.body !== "string" || content.consumed) return undefined;
    content.consumed = true;
    return { text: content.body, type: field![1] };
  }

  /** The text of a Response that `Response.json` has made. */
  textOf(response: Response): string | undefined {
    const text = stateOf(response)[this.#text];
    return typeof text === "string" ? text : undefined;
  }

  /** Whether a Response is as the constructor makes it. */
  #canMake(): boolean {
    try {
      const content = { body: "text", consumed: false };
      const made = this.#make(content, null, { status: 404 }, TEXT_TYPE);
      const works = made.status === 404 && made.headers.get("content-type") === TEXT_TYPE &&
        !made.bodyUsed && made.clone().body instanceof ReadableStream;
      this.contentOf(made)!.consumed = true;
      return works && made.bodyUsed;
    } catch {
      return false;
    }
  }
}

function isType([name]: readonly [name: string, value: string]): boolean {
  return name.toLowerCase() === "content-type";
}
