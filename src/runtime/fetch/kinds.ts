/**
 * The kinds of streams that look alike until they are read. Only Bun has them, and only where a server of
 * this process has told how they are found.
 *
 * @module
 */

/**
 * - `direct`: the source of the stream writes to a controller, and has no queue.
 * - `native`: the stream is of Bun's own making: of a file, a Blob, a text, or what `fetch()` gets.
 */
export type StreamKind = "direct" | "native";

/** Whether a stream that nothing has read is of a kind. */
export type IsOfKind = (kind: StreamKind, stream: ReadableStream) => boolean;

/** {@inheritDoc IsOfKind} */
export let isOfKind: IsOfKind = () => false;

/** Sets how kinds are found from now on. */
export function findKindsBy(own: IsOfKind): void {
  isOfKind = own;
}
