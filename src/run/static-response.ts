/**
 * A Response that is a route of `Bun.serve`: the same for every request, with an entity tag.
 *
 * @see https://bun.com/docs/runtime/http/routing
 * @module
 */

import { takesBody } from "../cgi/request.ts";
import { isBodyless } from "../cgi/response.ts";
import { bun } from "../runtime/detect.ts";
import { impliedType } from "../runtime/fetch/implied-type.ts";
import { recordedBody } from "../runtime/fetch/recording.ts";
import { utf8Bytes } from "../scgi/latin1.ts";
import { KeptBody } from "../server/kept-response.ts";
import { evaluate, isConditional } from "./preconditions.ts";

/** Fields that the web server writes itself. */
const NOT_KEPT = ["content-length", "transfer-encoding", "date"];

/** A Response whose body is text, bytes or null, as it was when the server was given it. */
export class StaticResponse {
  readonly #status: number;
  readonly #headers: Headers;
  /** The response to every request that is not conditional, once its bytes are there. */
  #kept: Response | Promise<unknown>;

  private constructor(
    response: Response,
    body: Promise<Uint8Array> | Uint8Array,
    type?: string,
  ) {
    this.#status = response.status;
    this.#headers = new Headers(response.headers);
    for (const name of NOT_KEPT) this.#headers.delete(name);
    if (type !== undefined && !this.#headers.has("content-type")) {
      this.#headers.set("content-type", type);
    }
    this.#kept = body instanceof Promise
      ? body.then((bytes) => this.#kept = this.#keep(bytes))
      : this.#keep(body);
  }

  /** Undefined for a Response with another body. */
  static of(response: Response): StaticResponse | undefined {
    const recorded = recordedBody(response);
    if (typeof recorded === "string") {
      return new StaticResponse(response, utf8Bytes(recorded), impliedType(recorded));
    }
    if (recorded === undefined || recorded.kind === "blob" || recorded.kind === "stream") return;
    // Bytes have no type here; those that a handler returns have one.
    if (recorded.kind === "bytes") return new StaticResponse(response, response.clone().bytes());
    return response.body === null ? new StaticResponse(response, new Uint8Array(0)) : undefined;
  }

  /** The response to a request, whose variables tell whether it is conditional. */
  respond(request: Request, env: Record<string, unknown>): Response | Promise<Response> {
    const kept = this.#kept;
    if (kept instanceof Promise) return kept.then(() => this.respond(request, env));
    if (!isConditional(env) || this.#status !== 200 || takesBody(request.method)) return kept;
    const status = evaluate(request.headers, this.#headers);
    return status === undefined ? kept : new Response(null, { status, headers: this.#headers });
  }

  /** Adds an entity tag to a body that is not empty, unless the Response has one. */
  #keep(body: Uint8Array): Response {
    const headers = this.#headers;
    if (body.length > 0 && !headers.has("etag")) {
      const hash = bun!.hash.xxHash64(body).toString(16).padStart(16, "0");
      headers.set("etag", `"${hash}"`);
    }
    const response = new Response(null, { status: this.#status, headers });
    if (!isBodyless(this.#status)) new KeptBody(response, body);
    return response;
  }
}
