/**
 * Whether `fetch()` has decoded the body of a Response. The runtimes leave `Content-Encoding` and the
 * encoded `Content-Length` in the headers of such a Response, which are not true of its body.
 *
 * @module
 */

import { runtime } from "../known.ts";
import { findKey, findLater, stateOf } from "./state.ts";

const [DENO, NODE] = [/^(?:gzip|br)$/i, /^(?:gzip|x-gzip|deflate|br)$/i];
const ALL = /^(?:gzip|x-gzip|deflate|br|zstd)$/i;

/** Whether this runtime's `fetch()` decodes a body of this `Content-Encoding`, unless told not to. */
export function decodes(codings: string): boolean {
  if (runtime === "deno") return DENO.test(codings);
  const list = listed(codings);
  if (runtime === "bun") {
    // It decodes only one coding, beside any number of `identity`.
    const [coding, ...others] = list.filter((coding) => !/^(?:identity)?$/i.test(coding));
    return coding !== undefined && others.length === 0 && ALL.test(coding);
  }
  // Node decodes zstd since version 24, which is the first with these arrays.
  const known = "Float16Array" in globalThis ? ALL : NODE;
  // It decodes all codings of a list, or none where it does not know all.
  return list.every((coding) => known.test(coding));
}

function listed(codings: string): string[] {
  return codings.split(",").map((coding) => coding.trim());
}

/** The part of the state of a Response that shows on Deno whether its body was decoded. */
interface DenoState {
  readonly bodyDecoded?: unknown;
}

/** The key of that state; undefined where the runtime does not show it. */
const stateKey = findLater(() =>
  findKey(new Response(), (part) => part instanceof Object && "bodyDecoded" in part)
);

/** The key of a note on a Response, which all copies of this package read. */
const DECODED: unique symbol = Symbol.for("scgi.decoded") as never;

type Noted = Response & { readonly [DECODED]?: boolean };

/** Whether `fetch()` has decoded the body of a Response that has a `Content-Encoding`. */
export function isDecoded(response: Response): boolean {
  const { [DECODED]: noted } = response as Noted;
  if (noted !== undefined) return noted;
  const key = runtime === "deno" ? stateKey() : undefined;
  if (key !== undefined) {
    const { [key]: state } = stateOf(response);
    return (state as DenoState | undefined)?.bodyDecoded === true;
  }
  return response.url !== "" && decodes(response.headers.get("content-encoding") ?? "");
}

/** Notes on a Response, and on its clones, whether the body is decoded. */
export function noteDecoded(response: Response, decoded: boolean): Response {
  const { clone } = response;
  return Object.defineProperties(response, {
    [DECODED]: { value: decoded },
    clone: {
      value: () => noteDecoded(clone.call(response), decoded),
      writable: true,
      configurable: true,
    },
  });
}

/**
 * Notes a Response that has the decoded body and the headers of another, as `new Response(old.body,
 * old)` makes it: the headers are no more true of its body than they were.
 */
export function noteCopy(response: Response, body: unknown, init: unknown): void {
  if (typeof init !== "object" || init === null || !(init instanceof Response)) return;
  // Reading the headers of the new Response would change it on Bun.
  if (!isDecoded(init)) return;
  // The app may have encoded bytes again, but no text.
  if (typeof body === "string" || body === init.body) noteDecoded(response, true);
}

/**
 * Notes the responses of `fetch()` whose body is encoded because of the option `decompress` of Bun,
 * which shows nowhere but in the call.
 *
 * @returns a function that ends this.
 */
export function watchFetch(): () => void {
  const native = globalThis.fetch;
  const { watching } = {
    watching(this: unknown, ...args: Parameters<typeof fetch>): Promise<Response> {
      const reply = native.apply(this, args);
      return keepsEncoded(args) ? reply.then((response) => noteDecoded(response, false)) : reply;
    },
  };
  Object.defineProperties(watching, Object.getOwnPropertyDescriptors(native));
  globalThis.fetch = watching as typeof fetch;
  return () => {
    if (globalThis.fetch === watching) globalThis.fetch = native;
  };
}

/** Whether the arguments of `fetch()` have `decompress: false`; Bun reads options of the first as well. */
function keepsEncoded([input, init]: unknown[]): boolean {
  try {
    const [decompress] = [init, input].map((options) => (options as Decompress)?.decompress)
      .filter((value) => typeof value === "boolean" || typeof value === "number");
    return decompress !== undefined && !decompress;
  } catch {
    // A getter in the app may throw.
    return false;
  }
}

type Decompress = { readonly decompress?: unknown } | null | undefined;
