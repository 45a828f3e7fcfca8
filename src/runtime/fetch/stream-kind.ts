/**
 * The kinds of streams of Bun that look alike until they are read.
 *
 * Bun has no function that tells them apart. A byte of the stream object does, which is found by
 * comparing streams of each kind. Where none is found, a stream counts as one of the usual kind.
 *
 * @module
 */

import { bunFfi } from "../system/libc.ts";
import type { BunFfi, BunJsc } from "../types.ts";
import type { StreamKind } from "./kinds.ts";

/** A byte of a stream object, with the value that it has in the streams of one kind alone. */
interface Sign {
  readonly offset: number;
  readonly value: number;
}

/** The bytes that all objects begin with. */
const HEADER_BYTES = 8;

const signs = new Map<StreamKind, Sign | undefined>();

/** Streams that are whole here, and that Bun's own server would make while their bytes arrive. */
const arriving = new WeakSet<ReadableStream>();

/** Lets a stream count as one of the usual kind, since its bytes arrive with Bun's own server. */
export function countAsUsual(stream: ReadableStream): void {
  arriving.add(stream);
}

/** Whether a stream that nothing has read is of a kind. */
export function isOfKind(kind: StreamKind, stream: ReadableStream): boolean {
  if (arriving.has(stream)) return false;
  if (!signs.has(kind)) signs.set(kind, signOf(kind));
  const sign = signs.get(kind);
  return sign !== undefined && byteOf(stream, sign.offset) === sign.value;
}

function signOf(kind: StreamKind): Sign | undefined {
  try {
    engine ??= loadEngine();
    return findPlace() ? findSign(kind) : undefined;
  } catch {
    // Another version of Bun may lack a function.
    return undefined;
  }
}

function findSign(kind: StreamKind): Sign | undefined {
  const { [kind]: alike, ...rest } = samples();
  const others = Object.values(rest).flat();
  // Beyond its size the memory is not a stream's own.
  const end = Math.min(...[...alike, ...others].map(engine!.estimateShallowMemoryUsageOf));
  for (let offset = HEADER_BYTES; offset < end; offset++) {
    const [value = -1, ...more] = alike.map((stream) => byteOf(stream, offset));
    if (more.some((byte) => byte !== value)) continue;
    if (others.every((stream) => byteOf(stream, offset) !== value)) return { offset, value };
  }
  return undefined;
}

/** Streams of each kind, as different from each other as they can be. */
function samples(): Record<StreamKind | "usual", ReadableStream[]> {
  const pull = (): void => {};
  const strategy = { highWaterMark: 2048 };
  const locked = streamOf({});
  locked.getReader();
  return {
    direct: [
      streamOf({ type: "direct" }),
      streamOf({ type: "direct", pull }),
      streamOf({ type: "direct", pull }, strategy),
    ],
    native: [new Blob(["x"]).stream(), new Response("x").body!],
    usual: [
      ...[locked, ...streamOf({}).tee(), streamOf({}), streamOf({ pull }, strategy)],
      streamOf({ start: (controller: ReadableStreamDefaultController) => controller.close() }),
      ...[streamOf({ type: "bytes" }), new TransformStream().readable],
    ],
  };
}

function streamOf(source: object, strategy?: object): ReadableStream {
  return new ReadableStream(source, strategy);
}

/** A byte of an object, which does not move while it is in use. */
function byteOf(object: object, offset: number): number {
  return engine!.read.u8(addressOf(object), offset);
}

/** An array in whose memory the address of its element is. To have each object described takes 2 µs. */
const holder: object[] = [];
/** Where that memory is. */
let place = 0;

function addressOf(object: object): number {
  holder[0] = object;
  const address = engine!.read.ptr(place, 0);
  holder[0] = holder;
  return address;
}

/** Finds that memory. Gives whether it has the address that the description of an object has. */
function findPlace(): boolean {
  holder[0] = holder;
  const [address, found] = engine!.describe(holder).match(/0x[0-9a-f]+/g)!.map(Number);
  if (found === undefined) return false;
  place = found;
  return addressOf(holder) === address;
}

/** Both are kept: to load them costs as much as to use them. */
let engine: BunJsc & Pick<BunFfi, "read"> | undefined;

function loadEngine(): BunJsc & Pick<BunFfi, "read"> {
  const { getBuiltinModule } = globalThis.process;
  const { describe, estimateShallowMemoryUsageOf } = getBuiltinModule(
    "bun:jsc",
  ) as unknown as BunJsc;
  return { describe, estimateShallowMemoryUsageOf, read: bunFfi().read };
}
