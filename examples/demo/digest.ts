/** Size and SHA-256 of a body, computed chunk by chunk while it arrives, without keeping the body. */

import { createHash } from "node:crypto";

export interface Digest {
  readonly size: number;
  readonly sha256: string;
}

/** Reads a body to its end. Rejects with the stream's reason where the body breaks off. */
export async function digest(body: ReadableStream<Uint8Array> | null): Promise<Digest> {
  const hash = createHash("sha256");
  let size = 0;
  for await (const chunk of body ?? []) {
    hash.update(chunk);
    size += chunk.byteLength;
  }
  return { size, sha256: hash.digest("hex") };
}
