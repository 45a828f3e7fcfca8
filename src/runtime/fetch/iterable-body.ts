/**
 * Bodies of Node that are async iterables: a generator, or a stream of `node:stream`. Node closes
 * the stream that it makes of them a second time where they end after it was cancelled, and what
 * that throws nobody can catch: it ends the process.
 *
 * @module
 */

/** A body that tells of nothing after it was left; any body but an async iterable is given as it is. */
export function endsQuietly(body: object): object {
  if (body instanceof ReadableStream || !declares(body, Symbol.asyncIterator)) return body;
  const iterable = body as Partial<AsyncIterable<unknown>> & { locked?: unknown };
  // Node asks a body whether it is locked, or was read: the rest of that is inherited.
  return Object.create(body, {
    locked: { get: () => iterable.locked },
    [Symbol.asyncIterator]: {
      // The app's own getter is called when Node asks, and not before.
      get(): unknown {
        const iterate = iterable[Symbol.asyncIterator];
        if (typeof iterate !== "function") return iterate;
        return () => new QuietIterator(iterate.call(iterable));
      },
    },
  });
}

/** Whether an object or a prototype of it has a property, without a look at its value. */
function declares(object: object, key: PropertyKey): boolean {
  try {
    for (let at: object | null = object; at !== null; at = Object.getPrototypeOf(at)) {
      if (Object.getOwnPropertyDescriptor(at, key) !== undefined) return true;
    }
  } catch {
    // A proxy may throw whatever it is asked for.
  }
  return false;
}

class QuietIterator implements AsyncIterator<unknown> {
  readonly #iterator: AsyncIterator<unknown>;
  #left = false;

  constructor(iterator: AsyncIterator<unknown>) {
    this.#iterator = iterator;
  }

  async next(): Promise<IteratorResult<unknown>> {
    const result = await this.#iterator.next();
    // Node 24 would ask again and again after an empty chunk.
    return this.#left ? await new Promise(() => {}) : result;
  }

  async return(): Promise<IteratorResult<unknown>> {
    this.#left = true;
    return await this.#iterator.return?.() ?? { done: true, value: undefined };
  }
}
