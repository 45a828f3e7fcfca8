/**
 * Responses that are sent again and again, as the same bytes each time.
 *
 * @module
 */

import { Given } from "../runtime/fetch/recorded-body.ts";
import { encodeHead, join, type ResponseInfo } from "./response-head.ts";
import type { ResponseWriter } from "./response-writer.ts";
import { sendHead } from "./send-whole.ts";

/** The body of a Response that has none itself, so that the Response is never used up. */
export class KeptBody extends Given {
  #body: Uint8Array;
  /** The head with the body, once they were sent. */
  #reply: Uint8Array | undefined;

  /** Gives a body to a Response that has none, but has a status and headers for one. */
  constructor(response: Response, body: Uint8Array) {
    super(response);
    this.#body = body;
  }

  /** Sends a Response that was given a body. Returns false for any other. */
  static send(this: void, response: Response, writer: ResponseWriter, info: ResponseInfo): boolean {
    if (!(#body in response)) return false;
    const kept = response as unknown as KeptBody;
    const { length } = kept.#body;
    if (info.method === "HEAD") {
      sendHead(response, writer, info, length);
      return true;
    }
    let reply = kept.#reply;
    if (reply === undefined) {
      const { text } = encodeHead(response, writer, info, undefined, length);
      reply = join(text, [kept.#body], length);
      // Such a Location is completed by the URL of the request.
      if (response.status !== 200 || !response.headers.has("location")) {
        kept.#reply = reply;
        kept.#body = reply.subarray(reply.length - length);
      }
    }
    writer.status = response.status;
    writer.write(reply, length);
    writer.end();
    return true;
  }
}
