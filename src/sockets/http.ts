/**
 * HTTP servers of the runtimes, for the front that forwards to an SCGI server.
 *
 * @module
 */

/** The other end of an HTTP connection; an empty host is one that has left already. */
export interface Peer {
  readonly hostname: string;
  readonly port: number;
}

/** A fetch handler that is told who asks. */
export type HttpHandler = (request: Request, peer: Peer) => Promise<Response>;

/** An HTTP server that listens. */
export interface HttpServer {
  readonly port: number;
  /** Accepts no more; resolves when the requests that are open have ended. */
  drain(): Promise<void>;
  /** Ends it, with the connections that are open. */
  close(): Promise<void>;
  /** Lets the process end while it listens. */
  unref(): void;
}

interface Runtimes {
  Bun?: {
    serve(
      options: object,
    ): { readonly port: number; stop(force: boolean): Promise<void>; unref(): void };
  };
  Deno?: {
    serve(
      options: object,
      handler: (
        request: Request,
        info: { remoteAddr: Peer },
      ) => Promise<Response>,
    ): { readonly addr: Peer; shutdown(): Promise<void>; unref(): void };
  };
}

/** Serves a handler over HTTP with what the runtime has for it. */
export async function serveHttp(
  address: { hostname: string; port: number },
  handler: HttpHandler,
): Promise<HttpServer> {
  const { Bun, Deno } = globalThis as unknown as Runtimes;
  if (Bun !== undefined) {
    const server = Bun.serve({
      ...address,
      // A quiet event stream is nothing to end.
      idleTimeout: 0,
      maxRequestBodySize: Number.MAX_SAFE_INTEGER,
      fetch: (request: Request, server: { requestIP(request: Request): BunPeer | null }) => {
        const { address: hostname = "", port = 0 } = server.requestIP(request) ?? {};
        return handler(request, { hostname, port });
      },
    });
    return {
      port: server.port,
      drain: () => server.stop(false),
      close: () => server.stop(true),
      unref: () => server.unref(),
    };
  }
  if (Deno !== undefined) {
    const stop = new AbortController();
    let drained = false;
    const server = Deno.serve(
      {
        ...address,
        signal: stop.signal,
        onListen() {},
        // What fails here is a browser that left; the app behind reports its own failures.
        onError: () => new Response("Bad Gateway\n", { status: 502 }),
      },
      // The signal of its request tells of a browser that left at once, and without the flag
      // `no-legacy-abort` of deno.json of each success as well, which by then harms nothing.
      (request, { remoteAddr }) => handler(request, remoteAddr),
    );
    return {
      port: server.addr.port,
      drain: () => {
        drained = true;
        return server.shutdown();
      },
      // deno-lint-ignore require-await
      close: async () => {
        // Aborting a server that is shut down throws where nobody can catch it.
        if (!drained) stop.abort();
      },
      unref: () => server.unref(),
    };
  }
  const { serveNodeHttp } = await import("./node-http.ts");
  return await serveNodeHttp(address, handler);
}

interface BunPeer {
  readonly address: string;
  readonly port: number;
}
