/**
 * Responses of Deno, made and read by their state: a text beside a status or headers costs a sixth so,
 * and bytes are copied into memory that is used again.
 *
 * @module
 */

import { ResponseState } from "./deno-response-state.ts";
import type { ConstructResponse } from "./recording.ts";
import { TEXT_TYPE } from "./recorded-body.ts";
import { plainBytes, Snapshot } from "./snapshot.ts";

/** The least that is copied here: of less, the constructor's own copy costs a quarter. */
const COPIED_BYTES = 65536;

/** Bytes that a Response was made of. */
class CopiedBytes {
  consumed = false;
  #snapshot: Snapshot | undefined;
  #whole: Uint8Array<ArrayBuffer> | undefined;

  constructor(bytes: Uint8Array<ArrayBuffer>) {
    this.#snapshot = new Snapshot(bytes);
    // Deno copies the properties of the object, where it copies a body.
    Object.defineProperty(this, "body", { get: () => this.#show(), enumerable: true });
  }

  /** Gives the bytes to the runtime, from which the app may have them then. */
  #show(): Uint8Array<ArrayBuffer> {
    this.#whole ??= this.#snapshot!.whole();
    this.#snapshot = undefined;
    return this.#whole;
  }

  /** Takes the bytes, unless something else has them. */
  take(): Snapshot | undefined {
    if (this.consumed || this.#snapshot === undefined) return undefined;
    this.consumed = true;
    return this.#snapshot;
  }
}

/** Makes responses as a constructor does. */
export function responsesByState(native: typeof Response): ConstructResponse {
  let found: { state: ResponseState | undefined } | undefined;
  const stateOf = (): ResponseState | undefined => (found ??= { state: learn(native) }).state;
  const construct = (body?: BodyInit | null, init?: ResponseInit): Response => {
    if (typeof body === "string") {
      if (init === undefined) return new native(body);
      const content = { body, consumed: false };
      return stateOf()?.make(content, null, init, TEXT_TYPE) ?? new native(body, init);
    }
    const bytes = isLong(body) ? plainBytes(body as object) : undefined;
    if (bytes === undefined) return new native(body, init);
    const content = new CopiedBytes(bytes) as unknown as { body: unknown; consumed: boolean };
    return stateOf()?.make(content, bytes.length, init ?? {}) ?? new native(body, init);
  };
  const use = (response: Response): true | undefined => {
    const content = stateOf()?.contentOf(response);
    if (content?.consumed !== false) return undefined;
    return content.consumed = true;
  };
  const take: ConstructResponse["take"] = (response) => {
    const content = stateOf()?.contentOf(response);
    if (content instanceof CopiedBytes) return content.take();
    if (content?.consumed !== false || !(content.body instanceof Uint8Array)) return undefined;
    content.consumed = true;
    const bytes = content.body as Uint8Array<ArrayBuffer>;
    return { pieces: [bytes], length: bytes.length, whole: () => bytes };
  };
  const takePlain: ConstructResponse["takePlain"] = (response, accepts) =>
    stateOf()?.takePlain(response, accepts);
  const json: ConstructResponse["json"] = (data) => {
    const response = native.json(data);
    return { response, text: stateOf()?.textOf(response) };
  };
  return Object.assign(construct, { use, take, takePlain, json });
}

function isLong(body: unknown): boolean {
  try {
    const isBinary = ArrayBuffer.isView(body) || body instanceof ArrayBuffer;
    return isBinary && body.byteLength >= COPIED_BYTES;
  } catch {
    // A proxy of a buffer has no length.
    return false;
  }
}

function learn(native: typeof Response): ResponseState | undefined {
  try {
    return new ResponseState(native);
  } catch {
    // Another version, or an app's own Response in its place.
    return undefined;
  }
}
