/**
 * The length of a Blob's content, which on Bun may differ from its size.
 *
 * @module
 */

import { sizeOf } from "./blob.ts";
import { filePart } from "./bun-file.ts";

/**
 * The length of a Blob in bytes; undefined where only a read of the Blob shows it.
 *
 * @throws where the Blob is a file that cannot be read.
 */
export async function blobLength(blob: Blob): Promise<number | undefined> {
  const part = await filePart(blob);
  if (part === undefined) return sizeOf(blob);
  return part === "special" ? undefined : part.end - part.start;
}
