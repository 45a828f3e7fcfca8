/**
 * Headers of a request of Bun that fill Bun's own only where they have to: most handlers read a field or
 * two, or iterate all, and to fill Bun's own with twelve costs twice as much as reading the head.
 *
 * Functions of Bun that take a Headers read its fields past its methods, and would find none. So it is no
 * Headers to them: it has the prototype, and they iterate it as they do with any other object.
 *
 * @module
 */

import { TOKEN } from "../../cgi/fields.ts";
import type { LazyParts } from "../../cgi/request.ts";
import { type Field, readFields, sorted } from "./field-list.ts";

const { prototype } = Headers;

class LazyHeaders {
  readonly #fields: LazyParts;
  readonly #own: () => Headers;
  /** Bun's own Headers, once it has the fields. */
  #filled: Headers | undefined;

  constructor(fields: LazyParts, own: () => Headers) {
    this.#fields = fields;
    this.#own = own;
  }

  static fill(this: void, headers: object): Headers {
    const lazy = headers as LazyHeaders;
    if (lazy.#filled === undefined) {
      const filled = lazy.#filled = lazy.#own();
      lazy.#fields.fields((name, value) => filled.append(name, value));
    }
    return lazy.#filled;
  }

  get(...args: [name: string]): string | null {
    const value = this.#look(args[0]);
    return value === undefined ? prototype.get.apply(fill(this), args) : value;
  }

  has(...args: [name: string]): boolean {
    const value = this.#look(args[0]);
    return value === undefined ? prototype.has.apply(fill(this), args) : value !== null;
  }

  /** The value of a field; undefined where Bun's own method has to tell it. */
  #look(name: unknown): string | null | undefined {
    if (this.#filled !== undefined || typeof name !== "string" || !TOKEN.test(name)) {
      return undefined;
    }
    return this.#fields.field?.(name.toLowerCase());
  }

  entries(): Iterable<Field> {
    if (this.#filled === undefined) {
      const list = sorted(readFields(this.#fields));
      if (list !== undefined) return this.#iterate(list);
    }
    return fill(this).entries();
  }

  [Symbol.iterator](): Iterable<Field> {
    return this.entries();
  }

  *#iterate(list: readonly Field[]): Generator<Field> {
    for (let place = 0;; place++) {
      // Bun's iterators go by their place as well, where fields come or go.
      const field = (this.#filled === undefined ? list : [...this.#filled])[place];
      if (field === undefined) return;
      yield field;
    }
  }

  forEach(action: (value: string, name: string, headers: unknown) => void, self?: unknown): void {
    if (typeof action !== "function") return fill(this).forEach(action);
    for (const [name, value] of this.entries()) action.call(self, value, name, this);
  }

  [Symbol.for("nodejs.util.inspect.custom")](): Headers {
    return fill(this);
  }
}

const { fill } = LazyHeaders;

Reflect.deleteProperty(LazyHeaders.prototype, "constructor");
Object.setPrototypeOf(LazyHeaders.prototype, prototype);
// All other methods are Bun's own.
for (const name of Object.getOwnPropertyNames(prototype)) {
  const { value, get } = Object.getOwnPropertyDescriptor(prototype, name)!;
  const method: unknown = get ?? value;
  if (name === "constructor" || typeof method !== "function") continue;
  if (Object.hasOwn(LazyHeaders.prototype, name)) continue;
  const own = function (this: object, ...args: unknown[]): unknown {
    return method.apply(fill(this), args);
  };
  Object.defineProperty(LazyHeaders.prototype, name, get ? { get: own } : { value: own });
}

/**
 * The Headers of a request.
 *
 * @param own Gives Bun's own, which is empty.
 */
export function lazyHeaders(fields: LazyParts, own: () => Headers): Headers {
  return new LazyHeaders(fields, own) as unknown as Headers;
}

/** Bun's own Headers in the place of lazy ones, with all fields. */
export const fillHeaders: (headers: Headers) => Headers = fill;
