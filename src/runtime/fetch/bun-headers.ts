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
import { hideClass } from "./hide-class.ts";

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
    const [name] = args;
    const isLate = this.#filled === undefined && typeof name === "string" && TOKEN.test(name);
    const value = isLate ? this.#fields.field?.(name.toLowerCase()) : undefined;
    return value === undefined ? fillHeaders(this).get(...args) : value;
  }

  entries(): Iterable<Field> {
    if (this.#filled === undefined) {
      const list = sorted(readFields(this.#fields));
      if (list !== undefined) return this.#iterate(list);
    }
    return fillHeaders(this).entries();
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
    if (typeof action !== "function") return fillHeaders(this).forEach(action);
    for (const [name, value] of this.entries()) action.call(self, value, name, this);
  }

  [Symbol.for("nodejs.util.inspect.custom")](): Headers {
    return fillHeaders(this);
  }
}

/** Bun's own Headers in the place of lazy ones, with all fields. */
export const fillHeaders: (headers: object) => Headers = LazyHeaders.fill;

// All else is Bun's own.
for (const name in prototype) {
  if (name in LazyHeaders.prototype) continue;
  const { get, value = get } = Object.getOwnPropertyDescriptor(prototype, name)!;
  const own = function (this: object, ...args: unknown[]): unknown {
    return value.apply(fillHeaders(this), args);
  };
  Object.defineProperty(LazyHeaders.prototype, name, get ? { get: own } : { value: own });
}
hideClass(LazyHeaders);
Object.setPrototypeOf(LazyHeaders.prototype, prototype);

/** Makes the Headers of a request. The second parameter gives Bun's own, which is empty. */
export const BunHeaders: new (fields: LazyParts, own: () => Headers) => Headers =
  LazyHeaders as never;
