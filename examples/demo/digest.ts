/** Size and SHA-256 of a body, taken chunk by chunk while it arrives: nothing of it is kept. */

import { createHash } from "node:crypto";

/** What is known about a body once its last byte has passed. */
export interface Digest {
  readonly size: number;
  readonly sha256: string;
}

/** Reads the body to its end. A body that breaks off rejects with the stream's own reason. */
export async function digest(body: ReadableStream<Uint8Array> | null): Promise<Digest> {
  const hash = createHash("sha256");
  let size = 0;
  for await (const chunk of body ?? []) {
    hash.update(chunk);
    size += chunk.byteLength;
  }
  return { size, sha256: hash.digest("hex") };
}
