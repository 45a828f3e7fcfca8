/**
 * Wraps bodies that are async iterables, such as generators and streams of `node:stream`, on Node. Node
 * makes a stream of the iterable. If the stream is cancelled and the iterable then ends, Node closes
 * the stream twice, which throws an uncatchable error and ends the process.
 *
 * @module
 */

/** Wraps an async iterable so that it yields nothing after a cancel. Returns other bodies unchanged. */
export function endsQuietly(body: object): object {
  if (body instanceof ReadableStream || !declares(body, Symbol.asyncIterator)) return body;
  const iterable = body as Partial<AsyncIterable<unknown>> & { locked?: unknown };
  // Node reads `locked` of a body as well; inherited getters need the body itself as receiver.
  return Object.create(body, {
    locked: { get: () => iterable.locked },
    [Symbol.asyncIterator]: {
      // Calls the app's getter only when Node does.
      get(): unknown {
        const iterate = iterable[Symbol.asyncIterator];
        if (typeof iterate !== "function") return iterate;
        return () => new QuietIterator(iterate.call(iterable));
      },
    },
  });
}

/** Whether an object or a prototype of it has a property, without calling its getter. */
function declares(object: object, key: PropertyKey): boolean {
  try {
    for (let at: object | null = object; at !== null; at = Object.getPrototypeOf(at)) {
      if (Object.getOwnPropertyDescriptor(at, key) !== undefined) return true;
    }
  } catch {
    // A proxy may throw.
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
    // Node 24 would call `next` again and again after an empty chunk.
    return this.#left ? await new Promise(() => {}) : result;
  }

  async return(): Promise<IteratorResult<unknown>> {
    this.#left = true;
    return await this.#iterator.return?.() ?? { done: true, value: undefined };
  }
}
