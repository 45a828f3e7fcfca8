/**
 * The length of a Blob, as the runtime will read it.
 *
 * @module
 */

import { runtime } from "../detect.ts";
import type { BunFile } from "../types.ts";

/** The size of a file of Bun that was not asked for its size yet. */
const UNKNOWN_SIZE = 2 ** 52 - 1;

/** Measures a Blob; gives undefined where its length shows only as it is read. */
export const blobLength: (blob: Blob) => Promise<number | undefined> = runtime === "bun"
  ? lengthOnBun
  : (blob) => Promise.resolve(sizeOf(blob));

/**
 * Bun's files are Blobs that remember their size from the first look at it on. A file may have grown
 * since, and its next Response would be cut: the size of a whole file must not be read.
 */
async function lengthOnBun(blob: Blob): Promise<number | undefined> {
  try {
    const { stat, slice } = Blob.prototype as BunFile;
    const stats = await stat.call(blob);
    if (stats === undefined) return sizeOf(blob);
    // Special files, as those of /proc, may hold more than their size says.
    if (!stats.isFile() || stats.size === 0) return undefined;
    const claimed = sizeOf(slice.call(blob, 1)) + 1;
    if (claimed === stats.size) return claimed;
    // The end of a file begins so many bytes into it. The start of any other part is not known.
    const skipped = UNKNOWN_SIZE - claimed;
    return skipped < UNKNOWN_SIZE / 2 ? Math.max(0, stats.size - skipped) : undefined;
  } catch {
    // The read fails with the reason.
    return undefined;
  }
}

/** The size by the runtime's own getter: a class of the app may have another. */
function sizeOf(blob: Blob): number {
  return Reflect.get(Blob.prototype, "size", blob);
}
