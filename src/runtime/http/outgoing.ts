/**
 * The response to an HTTP client.
 *
 * @module
 */

import type { IncomingMessage, ServerResponse } from "node:http";
import { REASONS } from "../../cgi/reasons.ts";
import { TEXT_TYPE } from "../fetch/recorded-body.ts";

/** Sends a Response, and counts the bytes of its body. */
export async function send(
  response: Response,
  outgoing: ServerResponse,
  disconnect: AbortSignal,
  answered: { readonly request: Request; bytes: number },
): Promise<void> {
  const { status, statusText, headers, body } = response;
  outgoing.statusCode = status;
  // Bun would send other characters than ASCII as UTF-8.
  outgoing.statusMessage = /^[\t\x20-\x7e]+$/.test(statusText) ? statusText : REASONS[status] ?? "";
  headers.forEach((value, name) => outgoing.appendHeader(name, value));
  if (body === null) return void outgoing.end();
  if (disconnect.aborted) return await body.cancel(disconnect.reason);
  // Sends the head before the first chunk. flushHeaders() would encode the head as UTF-8.
  outgoing.write(new Uint8Array(0));
  const reader = body.getReader();
  let wake = () => {};
  outgoing.on("drain", () => wake());
  disconnect.addEventListener("abort", () => {
    reader.cancel(disconnect.reason).catch(() => {});
    wake();
  });
  for (;;) {
    const { done, value } = await reader.read();
    if (disconnect.aborted) return;
    if (done) return void outgoing.end();
    if (answered.request.method !== "HEAD") answered.bytes += value.length;
    if (outgoing.write(value)) continue;
    await new Promise<void>((resolve) => wake = resolve);
  }
}

/** Breaks off a failed response, so that it does not look whole. */
export function breakOff({ httpVersion, socket }: IncomingMessage, outgoing: ServerResponse): void {
  // The end of the connection would end the response, so a reset has to report the failure.
  if (httpVersion === "1.0" && !outgoing.hasHeader("content-length")) socket.resetAndDestroy();
  else outgoing.destroy();
}

/** Sends an error response, and closes the connection, on which no valid request may follow. */
export function refuse(outgoing: ServerResponse, status: number): void {
  const reason = REASONS[status]!;
  for (const name of outgoing.getHeaderNames()) outgoing.removeHeader(name);
  outgoing.shouldKeepAlive = false;
  outgoing.writeHead(status, reason, {
    "content-type": TEXT_TYPE,
    "content-length": reason.length + 1,
  }).end(`${reason}\n`);
}
