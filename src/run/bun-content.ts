/**
 * Serves routes of `Bun.serve` that have no handler but a Response, a file, a folder or an HTML
 * import. A private server of Bun, over a socket in a private folder, serves them with Bun's own
 * entity tags, ranges and bundles.
 *
 * @see https://bun.com/docs/runtime/http/routing
 * @module
 */

import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import process from "node:process";
import type { BunServe } from "../runtime/types.ts";

/** A route without a handler. */
export type ContentRoute = Response | Blob | object;

/** The request fields that the response depends on. */
const FIELDS = ["if-match", "if-none-match", "if-modified-since", "if-range", "range", "accept"];
/** The field of a response that stands for the `fetch` handler: no route matches. */
const MISS = "scgi-miss";
/** The names of the files of a bundle. */
const BUNDLED = /-[0-9a-z]{8}\.[0-9a-z]+$/;

/** The routes without a handler of one server. */
export class BunContent {
  readonly #folder: string;
  readonly #unix: string;
  readonly #server: { stop(force: boolean): unknown };
  readonly #bundles: boolean;
  readonly #remove = (): void => fs.rmSync(this.#folder, { recursive: true, force: true });

  constructor(routes: Record<string, ContentRoute>, serve: BunServe) {
    // The mode of a mkdtemp folder is 0700.
    this.#folder = fs.mkdtempSync(path.join(os.tmpdir(), "scgi-"));
    process.once("exit", this.#remove);
    this.#unix = path.join(this.#folder, "content.sock");
    this.#bundles = Object.values(routes).some(isHtml);
    const server = serve({
      unix: this.#unix,
      idleTimeout: 0,
      // Hot reloading of HTML imports needs a WebSocket.
      development: false,
      routes,
      fetch: () => new Response(null, { headers: { [MISS]: "1" } }),
    });
    server.unref();
    this.#server = server;
  }

  /** Whether a path may be the path of a file that Bun bundles for an HTML import. */
  mayBeBundled(path: string): boolean {
    return this.#bundles && BUNDLED.test(path);
  }

  /** Bun's response to a request; undefined if no route matches. */
  async fetch(request: Request): Promise<Response | undefined> {
    const { pathname, search } = new URL(request.url);
    const headers = new Headers();
    for (const name of FIELDS) {
      const value = request.headers.get(name);
      if (value !== null) headers.set(name, value);
    }
    const init = {
      method: request.method,
      headers,
      redirect: "manual",
      signal: request.signal,
      unix: this.#unix,
      decompress: false,
    };
    const response = await fetch(`http://localhost${pathname}${search}`, init as RequestInit);
    if (response.headers.has(MISS)) return undefined;
    // A Response of fetch() itself would be sent without its Content-Encoding, as decoded.
    const copy = new Response(response.body, response);
    copy.headers.delete("date");
    return copy;
  }

  /** Stops the server and removes its folder. */
  stop(): void {
    this.#server.stop(true);
    process.off("exit", this.#remove);
    this.#remove();
  }
}

/** Whether a route is an HTML import, whose `index` is the path of the file. */
function isHtml(route: ContentRoute): boolean {
  return typeof (route as { index?: unknown }).index === "string";
}
