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

import { bun } from "../detect.ts";
import type { BunFfi, BunJsc } from "../types.ts";

declare const HTMLRewriter: new () => { transform(response: Response): Response };

/** A byte of a stream object, with the value that it has in direct streams alone. */
interface Sign {
  readonly offset: number;
  readonly value: number;
}

/** The bytes of a stream object, without those that all objects begin with. */
const FIELDS = { start: 8, end: 96 };

let sign: Sign | null | undefined;

/**
 * Whether a stream that nothing has read is direct.
 *
 * Bun has no function that tells: the stream object itself does, in a byte that is found by comparing
 * streams of each kind. Where none is found, no stream counts as direct.
 */
export function isDirect(stream: ReadableStream): boolean {
  if (bun === undefined) return false;
  if (sign === undefined) sign = findSign() ?? null;
  return sign !== null && byteOf(stream, sign.offset) === sign.value;
}

/** The content of a direct stream, as a stream that can be read. */
export function readable(direct: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  return new HTMLRewriter().transform(new Response(direct)).body!;
}

function findSign(): Sign | undefined {
  const pull = (): void => {};
  const direct = [
    streamOf({ type: "direct" }),
    streamOf({ type: "direct", pull }),
    streamOf({ type: "direct", pull }, { highWaterMark: 2048 }),
  ];
  const locked = streamOf({});
  locked.getReader();
  const others = [
    ...[locked, ...streamOf({}).tee(), streamOf({}), streamOf({ pull }, { highWaterMark: 2048 })],
    streamOf({ start: (controller: ReadableStreamDefaultController) => controller.close() }),
    ...[streamOf({ type: "bytes" }), new Blob(["x"]).stream(), new Response("x").body!],
  ];
  for (let offset = FIELDS.start; offset < FIELDS.end; offset++) {
    const [value, ...more] = direct.map((stream) => byteOf(stream, offset));
    if (value === undefined || more.some((byte) => byte !== value)) continue;
    if (others.every((stream) => byteOf(stream, offset) !== value)) return { offset, value };
  }
  return undefined;
}

function streamOf(source: object, strategy?: object): ReadableStream {
  return new ReadableStream(source, strategy);
}

/** A byte of an object, which does not move while it is in use; undefined where it cannot be read. */
function byteOf(object: object, offset: number): number | undefined {
  const { describe } = globalThis.process.getBuiltinModule("bun:jsc") as unknown as BunJsc;
  const { read } = globalThis.process.getBuiltinModule("bun:ffi") as unknown as BunFfi;
  const address = /0x[0-9a-f]+/.exec(describe(object))?.[0];
  return address === undefined ? undefined : read.u8(Number(address), offset);
}
