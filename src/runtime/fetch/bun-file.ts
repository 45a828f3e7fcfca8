/**
 * Files of Bun, which are Blobs: the part of the file that such a Blob stands for, and how long it is
 * now.
 *
 * The property `size` of such a Blob is not read: Bun keeps the size that it then has, and cuts the file
 * when it has grown.
 *
 * @see https://bun.com/docs/runtime/file-io
 * @module
 */

import { bun } from "../known.ts";
import type { BunFile } from "../types.ts";
import { sizeOf } from "./blob.ts";

/** The part of a file that a Blob stands for, as it is now. */
export interface FilePart {
  /** The name without its folder, where the file has a name. */
  readonly name: string | undefined;
  /** The length of the file in bytes. */
  readonly size: number;
  /** The first byte of the part. */
  readonly start: number;
  /** The end of the part: the byte after its last. */
  readonly end: number;
  /** Whether the Blob stands for the whole file, and not for a part that happens to be all of it. */
  readonly whole: boolean;
  /** The bytes between two of the file, which are in the part. */
  slice(start: number, end: number): Blob;
}

/** The size of a file that Bun has not examined. */
const UNKNOWN_SIZE = 2 ** 52 - 1;

/**
 * The part of a file that a Blob stands for; undefined for any other Blob; `special` for a file whose
 * length only a read shows, as that of a device or of a file in `/proc`.
 *
 * @throws where the file cannot be read.
 */
export async function filePart(blob: Blob): Promise<FilePart | "special" | undefined> {
  if (bun === undefined) return undefined;
  const { stat, slice } = Blob.prototype as BunFile;
  const examined = stat.call(blob);
  // Only files can be examined.
  if (examined === undefined) return undefined;
  const stats = await examined.catch(() => undefined);
  const isEmpty = async (): Promise<boolean> =>
    (await slice.call(blob, 0, 1).arrayBuffer()).byteLength === 0;
  // A file that is missing or not readable fails as with the runtime's own server: by a read.
  if (stats === undefined || stats.isDirectory()) await isEmpty();
  if (!stats?.isFile()) return "special";
  const { size } = stats;
  const length = lengthOf(blob);
  const offset = offsetOf(blob, length);
  if (size === 0 && !await isEmpty()) return "special";
  const start = Math.min(offset, size);
  const end = Math.max(start, Math.min(offset + length, size));
  return {
    name: nameOf(blob),
    size,
    start,
    end,
    whole: offset === 0 && (length === UNKNOWN_SIZE || length === size),
    slice: (from: number, to: number) => slice.call(blob, from - start, to - start),
  };
}

/** The length that a Blob claims, which is beyond the end of the file unless the app has set it. */
function lengthOf(blob: Blob): number {
  const rest = sizeOf(Blob.prototype.slice.call(blob, 1));
  return rest > 0 ? rest + 1 : sizeOf(Blob.prototype.slice.call(blob, 0, 1));
}

/** The first byte of a Blob in its file. Bun tells it only where it prints the Blob. */
function offsetOf(blob: Blob, length: number): number {
  if (length > UNKNOWN_SIZE / 2) return UNKNOWN_SIZE - length;
  // A slice has no custom form that would be printed, but loses the offset where it is empty.
  const slice = length > 0 ? Blob.prototype.slice.call(blob, 0) : blob;
  const printed = bun!.inspect(slice, { colors: false });
  return Number(/^ {2}offset: (\d+)\s*\}$/m.exec(printed)?.[1] ?? 0);
}

function nameOf(blob: Blob): string | undefined {
  const name: unknown = Reflect.get(Blob.prototype, "name", blob);
  return typeof name === "string" ? name.slice(name.lastIndexOf("/") + 1) || undefined : undefined;
}
