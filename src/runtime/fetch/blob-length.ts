/**
 * The length of a Blob's content, which on Bun may differ from its size.
 *
 * @module
 */

import { runtime } from "../detect.ts";
import type { BunFile } from "../types.ts";

/** The size of a file of Bun before it has examined the file. */
const UNKNOWN_SIZE = 2 ** 52 - 1;

/** The length of a Blob in bytes; undefined where only reading the Blob shows it. */
export const blobLength: (blob: Blob) => Promise<number | undefined> = runtime === "bun"
  ? lengthOnBun
  : (blob) => Promise.resolve(sizeOf(blob));

/**
 * A file of Bun is a Blob that stores its size when the property is first read. If the file grows then,
 * later responses of it are cut, so the property must not be read on a whole file.
 */
async function lengthOnBun(blob: Blob): Promise<number | undefined> {
  try {
    const { stat, slice } = Blob.prototype as BunFile;
    const stats = await stat.call(blob);
    if (stats === undefined) return sizeOf(blob);
    // Special files, such as those in /proc, may be longer than their size.
    if (!stats.isFile() || stats.size === 0) return undefined;
    const claimed = sizeOf(slice.call(blob, 1)) + 1;
    if (claimed === stats.size) return claimed;
    // The start of a slice is known only where the slice reaches to the end of the file.
    const skipped = UNKNOWN_SIZE - claimed;
    return skipped < UNKNOWN_SIZE / 2 ? Math.max(0, stats.size - skipped) : undefined;
  } catch {
    // A read of the body fails with the same reason.
    return undefined;
  }
}

/** The size by the runtime's getter, which a subclass in the app may override. */
function sizeOf(blob: Blob): number {
  return Reflect.get(Blob.prototype, "size", blob);
}
