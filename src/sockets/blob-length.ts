/**
 * The length of a Blob, as the runtime will read it.
 *
 * @module
 */

/** What Bun shows of a file. */
interface BunFile extends Blob {
  stat(): Promise<{ size: number; isFile(): boolean } | undefined>;
}

/** The size of a file of Bun that was not asked for its size yet. */
const UNKNOWN_SIZE = 2 ** 52 - 1;

/** Measures a Blob; gives undefined where its length shows only as it is read. */
export const blobLength: (blob: Blob) => Promise<number | undefined> = "Bun" in globalThis
  ? lengthOnBun
  : (blob) => Promise.resolve(sizeOf(blob));

/**
 * Bun's files are Blobs, and remember their size from the first look at it on. They may have grown
 * since, and the next Response of the same file would be cut, so that nobody must look.
 */
async function lengthOnBun(blob: Blob): Promise<number | undefined> {
  try {
    const { stat, slice } = Blob.prototype as BunFile;
    const stats = await stat.call(blob);
    if (stats === undefined) return sizeOf(blob);
    // What is no plain file, as those of /proc, may have more than it says.
    if (!stats.isFile() || stats.size === 0) return undefined;
    const claimed = sizeOf(slice.call(blob, 1)) + 1;
    if (claimed === stats.size) return claimed;
    // The end of a file begins so far into it; of another part nothing tells where it begins.
    const skipped = UNKNOWN_SIZE - claimed;
    return skipped < UNKNOWN_SIZE / 2 ? Math.max(0, stats.size - skipped) : undefined;
  } catch {
    // Reading it will tell why.
    return undefined;
  }
}

/** The size as the runtime has it: the class of an app, or the object, may have its own. */
function sizeOf(blob: Blob): number {
  return Reflect.get(Blob.prototype, "size", blob);
}
