/**
 * A message for many endpoints, whose frames are encoded once.
 *
 * @module
 */

import type { PerMessageDeflate } from "./deflate.ts";
import { BINARY, encodeFrame, encodeText, TEXT } from "./frame.ts";

/**
 * A message, and its frame for each way in which endpoints compress. Frames are encoded when the
 * first endpoint needs them, so the bytes must not change until all endpoints have sent the message.
 */
export class PreparedMessage {
  /** A string for text, bytes for binary. */
  readonly content: string | Uint8Array;
  /** Whether the message is compressed where that was negotiated. */
  readonly compress: boolean;
  #plain: Uint8Array | undefined;
  /** Compressed frames without earlier messages as context, by the bits of the window. */
  #compressed: Map<number, Uint8Array> | undefined;

  constructor(content: string | Uint8Array, compress: boolean) {
    this.content = content;
    this.compress = compress;
  }

  /**
   * The frame for an endpoint, which then has to be sent.
   *
   * @param deflate The compression of the endpoint, where it was negotiated.
   */
  frame(deflate: PerMessageDeflate | undefined): Uint8Array {
    const { content } = this;
    if (deflate === undefined || !this.compress) {
      return this.#plain ??= typeof content === "string"
        ? encodeText(content)
        : encodeFrame(BINARY, content);
    }
    const { independentWindow } = deflate;
    if (independentWindow === undefined) return compressedFrame(content, deflate);
    this.#compressed ??= new Map();
    let frame = this.#compressed.get(independentWindow);
    if (frame === undefined) {
      frame = compressedFrame(content, deflate);
      this.#compressed.set(independentWindow, frame);
    }
    return frame;
  }
}

function compressedFrame(content: string | Uint8Array, deflate: PerMessageDeflate): Uint8Array {
  const opcode = typeof content === "string" ? TEXT : BINARY;
  return encodeFrame(opcode, deflate.deflate(content), true);
}
