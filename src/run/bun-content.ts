/**
 * Serves what a route of `Bun.serve` has instead of a handler: a Response, a file, a folder, an
 * HTML import. Bun knows their entity tags, ranges and bundles, so a server of its own that nobody
 * else can reach answers for them.
 *
 * @see https://bun.com/docs/runtime/http/routing
 * @module
 */

import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import process from "node:process";

/** A route without a handler, as Bun takes it. */
export type ContentRoute = Response | Blob | object;

/** A server of `Bun.serve`, as far as it is used; this package needs no runtime's types. */
export interface NativeServer {
  stop(force: boolean): unknown;
  unref(): void;
}

/** `Bun.serve`. */
export type NativeServe = (options: object) => NativeServer;

/** What the answer depends on beside method and path. */
const FIELDS = ["if-match", "if-none-match", "if-modified-since", "if-range", "range", "accept"];
/** Says that Bun found nothing, and would ask the `fetch` handler. */
const MISS = "scgi-miss";
/** What a bundle's files are called. */
const BUNDLED = /-[0-9a-z]{8}\.[0-9a-z]+$/;

/** The content of one server. */
export class BunContent {
  readonly #folder: string;
  readonly #unix: string;
  readonly #server: { stop(force: boolean): unknown };
  readonly #bundles: boolean;
  readonly #remove = (): void => fs.rmSync(this.#folder, { recursive: true, force: true });

  /** Serves routes. */
  constructor(routes: Record<string, ContentRoute>, serve: NativeServe) {
    // A folder of mkdtemp is its owner's alone.
    this.#folder = fs.mkdtempSync(path.join(os.tmpdir(), "scgi-"));
    process.once("exit", this.#remove);
    this.#unix = path.join(this.#folder, "content.sock");
    this.#bundles = Object.values(routes).some(isHtml);
    const server = serve({
      unix: this.#unix,
      idleTimeout: 0,
      // Otherwise HTML imports want a WebSocket.
      development: false,
      routes,
      fetch: () => new Response(null, { headers: { [MISS]: "1" } }),
    });
    server.unref();
    this.#server = server;
  }

  /** Whether a path may be that of a file which Bun has made of an HTML import. */
  mayHaveMade(path: string): boolean {
    return this.#bundles && BUNDLED.test(path);
  }

  /** Bun's answer to a request; undefined where it would ask the `fetch` handler. */
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
    // As one that was made here: what is compressed stays so.
    const made = new Response(response.body, response);
    made.headers.delete("date");
    return made;
  }

  /** Stops, and leaves nothing behind. */
  stop(): void {
    this.#server.stop(true);
    process.off("exit", this.#remove);
    this.#remove();
  }
}

/** Whether a route is an HTML import, whose default export has the path of the file. */
function isHtml(route: ContentRoute): boolean {
  return typeof (route as { index?: unknown }).index === "string";
}
