/**
 * Serves routes of `Bun.serve` that are a file, a folder or an HTML import. A private server of Bun
 * serves them with Bun's own entity tags, ranges and bundles.
 *
 * @see https://bun.com/docs/runtime/http/routing
 * @module
 */

import { randomUUID } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import process from "node:process";
import type { BunServe } from "../runtime/types.ts";

/** A route without a handler. */
export type ContentRoute = Response | Blob | object;

/** The request fields that the response depends on. */
const FIELDS = [
  ...["if-match", "if-none-match", "if-modified-since", "if-unmodified-since", "if-range"],
  ...["range", "accept"],
];
/** The field of a response that stands for the `fetch` handler: no route matches. */
const MISS = "scgi-miss";
/** The names of the files of a bundle. */
const BUNDLED = /-[0-9a-z]{8}\.[0-9a-z]+$/;

/** The routes of one server whose content Bun serves. */
export class BunContent {
  readonly #socket: PrivateSocket = openSocket();
  /** The first segment of each path: other users can connect to an abstract socket. */
  readonly #secret: string = `/${randomUUID()}`;
  readonly #server: { stop(force: boolean): unknown };
  readonly #bundles: boolean;

  constructor(routes: Record<string, ContentRoute>, serve: BunServe) {
    this.#bundles = Object.values(routes).some(isHtml);
    const server = serve({
      unix: this.#socket.path,
      // A server that is reloaded by its ID, under --hot, would not be this one.
      id: null,
      idleTimeout: 0,
      // Hot reloading of HTML imports needs a WebSocket.
      development: false,
      routes: Object.fromEntries(
        Object.entries(routes).map(([path, route]) => [this.#secret + path, route]),
      ),
      fetch: () => new Response(null, { headers: { [MISS]: "1" } }),
    });
    server.unref();
    this.#server = server;
  }

  /** Whether a path may be the path of a file that Bun bundles for an HTML import. */
  mayBeBundled(path: string): boolean {
    return this.#bundles && BUNDLED.test(path);
  }

  /** Bun's response to a request for a route; undefined where it has none. */
  fetch(request: Request): Promise<Response | undefined> {
    return this.#ask(request, this.#secret);
  }

  /** Bun's response to a request for a file that belongs to a bundle; undefined where it has none. */
  fetchBundled(request: Request): Promise<Response | undefined> {
    return this.#ask(request, "");
  }

  async #ask(request: Request, prefix: string): Promise<Response | undefined> {
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
      unix: this.#socket.path,
      decompress: false,
    };
    const response = await fetch(
      `http://localhost${prefix}${pathname}${search}`,
      init as RequestInit,
    );
    if (response.headers.has(MISS)) return undefined;
    // A Response of fetch() itself would be sent without its Content-Encoding, as decoded.
    const copy = new Response(response.body, response);
    copy.headers.delete("date");
    const location = copy.headers.get("location");
    if (prefix !== "" && location?.includes(prefix)) {
      copy.headers.set("location", location.replace(prefix, ""));
    }
    return copy;
  }

  /** Stops the server once the responses that are under way have ended. */
  stop(): void {
    this.#server.stop(false);
    this.#socket.remove();
  }
}

/** A Unix socket that other programs have no use for. */
interface PrivateSocket {
  readonly path: string;
  remove(): void;
}

/** Linux has abstract sockets, which need no folder, and end with their process however it ends. */
function openSocket(): PrivateSocket {
  if (process.platform === "linux") return { path: `\0scgi-${randomUUID()}`, remove() {} };
  // The mode of a mkdtemp folder is 0700.
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "scgi-"));
  const removeFolder = (): void => fs.rmSync(folder, { recursive: true, force: true });
  process.once("exit", removeFolder);
  return {
    path: path.join(folder, "content.sock"),
    remove() {
      process.off("exit", removeFolder);
      removeFolder();
    },
  };
}

/** Whether a route is an HTML import, whose `index` is the path of the file. */
function isHtml(route: ContentRoute): boolean {
  return typeof (route as { index?: unknown }).index === "string";
}
