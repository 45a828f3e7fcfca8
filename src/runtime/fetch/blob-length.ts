/**
 * The length of a Blob's content, which on Bun may differ from its size.
 *
 * @module
 */

import { runtime } from "../detect.ts";
import { filePart, sizeOf } from "./bun-file.ts";

/** The length of a Blob in bytes; undefined where only reading the Blob shows it. */
export const blobLength: (blob: Blob) => Promise<number | undefined> = runtime === "bun"
  ? lengthOnBun
  : (blob) => Promise.resolve(sizeOf(blob));

async function lengthOnBun(blob: Blob): Promise<number | undefined> {
  try {
    const part = await filePart(blob);
    if (part === undefined) return sizeOf(blob);
    return part === "special" ? undefined : part.end - part.start;
  } catch {
    // A read of the body fails with the same reason.
    return undefined;
  }
}
