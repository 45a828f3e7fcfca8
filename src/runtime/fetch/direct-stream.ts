/**
 * Direct streams of Bun, whose source writes to a controller and has no queue.
 *
 * A reader calls `pull` of such a source for each read that finds nothing written. A source that goes on
 * to write when its `pull` has returned then begins anew each time. Bun's own server lets its sink call
 * `pull`, which does so once; another sink that does is the one of `HTMLRewriter`, which without handlers
 * passes on every byte, holds the source back as its output is read, and fails as the source does.
 *
 * @see https://bun.com/docs/runtime/streams
 * @module
 */

declare const HTMLRewriter: new () => { transform(response: Response): Response };

/** The content of a direct stream, as a stream that can be read. */
export function readable(direct: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  return new HTMLRewriter().transform(new Response(direct)).body!;
}
