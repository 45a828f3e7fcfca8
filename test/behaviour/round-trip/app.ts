/** An app that tells what it was asked, or replies what it is told to. */

import { Buffer } from "node:buffer";

/** A request as the app saw it, or a reply as its client did. */
export interface Seen {
  headers: [name: string, value: string][];
  /** The bytes of the body, in base64. */
  body: string;
}

/** What a request was. */
export interface SeenRequest extends Seen {
  method: string;
  url: string;
}

/** What a reply is to be, or was. */
export interface SeenReply extends Seen {
  status: number;
  statusText: string;
  /** Whether the body is a stream, which has no length. */
  streams?: boolean;
}

/** Its path is answered with the reply that the request's body describes. */
export const REPLY_PATH = "/reply/of/the/body";

export default {
  async fetch(request: Request): Promise<Response> {
    const { method, url } = request;
    const body = Buffer.from(await request.arrayBuffer());
    if (new URL(url).pathname === REPLY_PATH) return reply(JSON.parse(body.toString()));
    const headers = [...request.headers];
    const seen: SeenRequest = { method, url, headers, body: body.toString("base64") };
    return Response.json(seen);
  },
};

function reply({ status, statusText, headers, body, streams }: SeenReply): Response {
  const bytes = new Uint8Array(Buffer.from(body, "base64"));
  const bodyless = [204, 205, 304].includes(status);
  return new Response(bodyless ? null : streams ? new Blob([bytes]).stream() : bytes, {
    status,
    statusText,
    headers,
  });
}
