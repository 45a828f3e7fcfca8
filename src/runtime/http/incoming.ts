/**
 * The Request of an HTTP client.
 *
 * @module
 */

import type { IncomingMessage } from "node:http";
import { appendField, FORBIDDEN } from "../../cgi/fields.ts";
import { targetUrl } from "../../cgi/http-target.ts";
import { takesBody } from "../../cgi/request.ts";

/** The most fields of a request, as for SCGI. */
const MAX_FIELDS = 1000;

/** The Request that a client sent, or the status of the response that refuses it. */
export function toRequest(incoming: IncomingMessage, signal: AbortSignal): Request | number {
  const { method = "", url: target = "", httpVersion, rawHeaders, socket } = incoming;
  if (httpVersion !== "1.1" && httpVersion !== "1.0") return 505;
  if (FORBIDDEN.test(method)) return 501;
  if (rawHeaders.length > 2 * MAX_FIELDS) return 431;
  const headers = new Headers();
  for (let index = 0; index < rawHeaders.length; index += 2) {
    appendField(headers, rawHeaders[index]!, rawHeaders[index + 1]!);
  }
  // The app could not know of another coding, which this server does not decode.
  if ((headers.get("transfer-encoding") ?? "chunked").toLowerCase() !== "chunked") return 501;
  // Several Host fields are joined, which makes the host invalid.
  const host = headers.get("host") ??
    (httpVersion === "1.0" ? `localhost:${socket.localPort}` : "");
  const url = targetUrl(target, host);
  if (url === undefined) return 400;
  headers.set("host", url.split("/", 3)[2]!);
  const init: RequestInit & { duplex?: string } = { method, headers, signal };
  if (takesBody(method)) {
    init.body = bodyOf(incoming);
    init.duplex = "half";
  }
  const request = new Request(url, init);
  return request.method === method ? request : 501;
}

/** The body of a request. A cancel drops the rest, so that the client reads the response. */
function bodyOf(incoming: IncomingMessage): ReadableStream<Uint8Array> {
  let over = false;
  incoming.pause();
  return new ReadableStream({
    start(controller) {
      const end = (action: () => void) => () => {
        if (!over) action();
        over = true;
      };
      const fail = end(() =>
        controller.error(new Error("The client disconnected during its upload"))
      );
      incoming.on("data", (bytes: Uint8Array) => {
        if (over) return;
        incoming.pause();
        controller.enqueue(bytes);
      });
      incoming.on("end", end(() => controller.close())).on("error", fail).on("close", fail);
    },
    pull: () => void incoming.resume(),
    cancel() {
      over = true;
      incoming.resume();
    },
  }, { highWaterMark: 0 });
}
