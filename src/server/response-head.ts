/**
 * The head of a response for the web server of its request, and the bytes of a head with its body.
 *
 * @module
 */

import {
  declaredLength as lengthOf,
  encodeReplyHead,
  type ReplyHead,
  type ReplyInfo,
} from "../cgi/response.ts";
import type { Variables } from "../cgi/variables.ts";
import { webServer } from "../cgi/web-server.ts";
import { ScgiError } from "../errors.ts";
import { isDecoded } from "../runtime/fetch/codings.ts";
import { allocate } from "../scgi/buffer.ts";
import { writeLatin1 } from "../scgi/latin1.ts";
import type { ResponseWriter } from "./response-writer.ts";

/** The parts of a request that its response depends on. */
export interface ResponseInfo {
  readonly method: string;
  /** URL of the request, against which a local `Location` is completed. */
  readonly url: string;
  /** `SERVER_SOFTWARE` of the request. */
  readonly software: string | undefined;
  /** The variables of the request, where its head could be read. */
  readonly variables?: Variables | undefined;
  /** Values of Set-Cookie fields beside those of the Response. */
  readonly setCookies: readonly string[] | undefined;
  /** Takes remarks on what was mended, and on what web servers may refuse. */
  warn(error: ScgiError): void;
}

/** A head over this length is refused by nginx unless configured. */
const COMMON_HEAD_BYTES = 4096;

/** The length that a Response declares for its body, in bytes; undefined where it declares none. */
export function declaredLength(response: Response): number | undefined {
  return lengthOf(response, isDecoded);
}

/**
 * Encodes the head of a Response, and warns of a head that a web server refuses or changes.
 *
 * @param type The Content-Type of a Response without the field.
 * @param length The length of the body in bytes, where it is known.
 * @param streamed Whether the body is still being made, and may fail.
 */
export function encodeHead(
  response: Response,
  writer: ResponseWriter,
  info: ResponseInfo,
  type: string | undefined,
  length: number | undefined,
  streamed = false,
): ReplyHead {
  // A stream that ends too soon may be worse with a length than without.
  const declares = !streamed || writer.resets || !webServer(info.software).keepsClient;
  const unbuffered = streamed && length === undefined;
  // The server that adds a type adds none to the reply to a HEAD.
  const sent = info.method === "HEAD" ? undefined : type;
  const head = encodeReplyHead(response, new HeadInfo(info, sent, length, declares, unbuffered));
  writer.status = response.status;
  if (head.text.length > COMMON_HEAD_BYTES) {
    info.warn(
      new ScgiError(
        "RESPONSE_HEAD_LARGE",
        `A reply has a head of ${head.text.length} bytes. nginx answers 502 to one over ` +
          `${COMMON_HEAD_BYTES} unless its scgi_buffer_size is raised`,
      ),
    );
  }
  const { status } = response;
  // Nearly all responses are spared the look-up.
  if (status !== 200 && webServer(info.software).statuses?.has(status) === false) {
    info.warn(
      new ScgiError(
        "STATUS_UNSUPPORTED",
        `Cherokee turns ${status} into 500, since it does not know this status. Use another, such ` +
          "as 307 for 308, and 503 for 429",
        { status },
      ),
    );
  }
  return head;
}

class HeadInfo implements ReplyInfo {
  readonly decoded: typeof isDecoded = isDecoded;
  readonly type: string | undefined;
  readonly length: number | undefined;
  readonly declareLength: boolean;
  readonly unbuffered: boolean;
  readonly #info: ResponseInfo;

  constructor(
    info: ResponseInfo,
    type: string | undefined,
    length: number | undefined,
    declareLength: boolean,
    unbuffered: boolean,
  ) {
    this.#info = info;
    this.type = type;
    this.length = length;
    this.declareLength = declareLength;
    this.unbuffered = unbuffered;
  }

  get method(): string {
    return this.#info.method;
  }

  /** Few responses need the URL, which has to be parsed. */
  get url(): string {
    return this.#info.url;
  }

  get setCookies(): readonly string[] | undefined {
    return this.#info.setCookies;
  }
}

/**
 * A head and the chunks of a body, of so many bytes, as the bytes of one write.
 *
 * @param room The memory for them.
 */
export function join(
  text: string,
  chunks: readonly Uint8Array[],
  size: number,
  room: Uint8Array = allocate(text.length + size),
): Uint8Array {
  const bytes = room.subarray(0, text.length + size);
  let at = writeLatin1(text, bytes);
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
