/**
 * A Response that is a route of `Bun.serve`: the same for every request, with an entity tag.
 *
 * @see https://bun.com/docs/runtime/http/routing
 * @module
 */

import { bun } from "../runtime/detect.ts";
import { impliedType } from "../runtime/fetch/implied-type.ts";
import { recordedBody } from "../runtime/fetch/recording.ts";

/** Fields that the web server writes itself. */
const NOT_KEPT = ["content-length", "transfer-encoding", "date"];

/** A Response whose body is text, bytes or null, as it was when the server was given it. */
export class StaticResponse {
  readonly #status: number;
  readonly #headers: Headers;
  readonly #body: Promise<Uint8Array<ArrayBuffer>> | string | null;
  #tagged = false;

  private constructor(
    response: Response,
    body: Promise<Uint8Array<ArrayBuffer>> | string | null,
    type?: string,
  ) {
    this.#status = response.status;
    this.#headers = new Headers(response.headers);
    for (const name of NOT_KEPT) this.#headers.delete(name);
    if (type !== undefined && !this.#headers.has("content-type")) {
      this.#headers.set("content-type", type);
    }
    this.#body = body;
    if (typeof body === "string") this.#tag(body);
  }

  /** Undefined for a Response with another body. */
  static of(response: Response): StaticResponse | undefined {
    const recorded = recordedBody(response);
    if (typeof recorded === "string") {
      return new StaticResponse(response, recorded, impliedType(recorded));
    }
    if (recorded === undefined || recorded.kind === "blob" || recorded.kind === "stream") return;
    if (recorded.kind === "bytes") {
      const bytes = response.clone().bytes() as Promise<Uint8Array<ArrayBuffer>>;
      return new StaticResponse(response, bytes);
    }
    return response.body === null ? new StaticResponse(response, null) : undefined;
  }

  /** The response to a request. */
  respond(request: Request): Response | Promise<Response> {
    const body = this.#body;
    if (body === null || typeof body === "string") return this.#respond(request, body);
    return body.then((bytes) => {
      this.#tag(bytes);
      return this.#respond(request, bytes);
    });
  }

  #respond({ method, headers }: Request, body: Uint8Array<ArrayBuffer> | string | null): Response {
    const own = this.#headers;
    const conditional = this.#status === 200 && (method === "GET" || method === "HEAD");
    if (conditional && isUnchanged(headers, own)) {
      return new Response(null, { status: 304, headers: own });
    }
    const init = { status: this.#status, headers: own };
    if (typeof body === "string" || body === null || own.has("content-type")) {
      return new Response(body, init);
    }
    // Bytes have no type here; those that a handler returns have one.
    const response = new Response(new Blob([body]).stream(), init);
    response.headers.set("content-length", String(body.length));
    return response;
  }

  /** Adds an entity tag to a body that is not empty, unless it has one. */
  #tag(body: Uint8Array | string): void {
    if (this.#tagged) return;
    this.#tagged = true;
    if (body.length === 0 || this.#headers.has("etag")) return;
    const hash = bun!.hash.xxHash64(body).toString(16).padStart(16, "0");
    this.#headers.set("etag", `"${hash}"`);
  }
}

/** Whether a client has the response, by the fields of its request (RFC 9110, 13.1). */
function isUnchanged(asked: Headers, own: Headers): boolean {
  const tags = asked.get("if-none-match");
  if (tags) {
    const tag = opaque(own.get("etag") ?? "");
    if (tag === "") return false;
    return tags.trim() === "*" || listOf(tags).some((other) => opaque(other) === tag);
  }
  const since = Date.parse(asked.get("if-modified-since") ?? "");
  return Date.parse(own.get("last-modified") ?? "") <= since;
}

/** The members of a list; a comma between quotes is no separator. */
function listOf(value: string): string[] {
  return value.match(/(?:"[^"]*(?:"|$)|[^,"])+/g) ?? [];
}

/** An entity tag without its quotes and its mark of weakness. */
function opaque(tag: string): string {
  return tag.trim().replace(/^W\/\s*/, "").replace(/^"(.*)"$/, "$1");
}
