/**
 * Bodies of Node that are async iterables: a generator, or a stream of `node:stream`. Node closes
 * the stream that it makes of them a second time where they end after it was cancelled, and what
 * that throws nobody can catch: it ends the process.
 *
 * @module
 */

/** What an iterable gives after its reader has left, in place of its end. */
const NOTHING: IteratorResult<unknown> = { done: false, value: new Uint8Array(0) };

/** A body that tells of no end after it was left; what is no async iterable is given as it is. */
export function endsQuietly(body: object): object {
  if (body instanceof ReadableStream) return body;
  const iterable = body as AsyncIterable<unknown> & { locked?: unknown };
  if (typeof iterable[Symbol.asyncIterator] !== "function") return body;
  // Node asks a body whether it is locked, or was read: the rest of that is inherited.
  return Object.create(body, {
    locked: { get: () => iterable.locked },
    [Symbol.asyncIterator]: { value: () => new QuietIterator(iterable[Symbol.asyncIterator]()) },
  });
}

class QuietIterator implements AsyncIterator<unknown> {
  readonly #iterator: AsyncIterator<unknown>;
  #left = false;

  constructor(iterator: AsyncIterator<unknown>) {
    this.#iterator = iterator;
  }

  async next(): Promise<IteratorResult<unknown>> {
    const result = await this.#iterator.next();
    return this.#left && result.done === true ? NOTHING : result;
  }

  async return(): Promise<IteratorResult<unknown>> {
    this.#left = true;
    return await this.#iterator.return?.() ?? NOTHING;
  }
}
