/**
 * A handler called without a socket: the bytes of a request in, the bytes of the response out.
 *
 * @module
 */

import { setImmediate } from "node:timers";
import { concat } from "../scgi/bytes.ts";
import { Connection } from "./connection.ts";
import { type App, toHandler } from "./handler.ts";
import type { HandlerEnv } from "../cgi/cgi-variables.ts";
import { reporter } from "../report/reporter.ts";
import type { Mapping, ServeOptions } from "./options.ts";
import type { Socket } from "../transport/socket.ts";
import { withoutServer } from "./without-server.ts";

/** Options of {@linkcode handle}: those of `serve()` that need no socket. */
export interface HandleOptions
  extends
    Mapping,
    Pick<ServeOptions, "maxHeaderBytes" | "maxHeaders" | "maxBodyBytes" | "onError"> {}

/**
 * Calls an app with the bytes of one SCGI request, and gives the bytes that a web server would
 * get. Work that `waitUntil` was given is not waited for. Without a server in the same process
 * `Response` is not recorded: on Bun a string then implies no Content-Type. Nor is the `Request` made
 * as a server makes it: it is the runtime's own.
 *
 * @example
 * ```ts
 * import { encodeHead, handle } from "scgi/protocol";
 *
 * const request = encodeHead(0, [["REQUEST_METHOD", "GET"], ["REQUEST_URI", "/"]]);
 * const reply = await handle(() => new Response("Hello"), request);
 * console.log(new TextDecoder().decode(reply)); // Status: 200 OK …
 * ```
 */
export function handle<Env = HandlerEnv>(
  app: App<Env>,
  request: Uint8Array,
  options: HandleOptions = {},
): Promise<Uint8Array> {
  const report = reporter(options.onError ?? ignore, ignore);
  const chunks: Uint8Array[] = [];
  return new Promise((resolve) => {
    const socket: Socket = {
      watches: true,
      resets: false,
      tellsHalfClose: true,
      unix: true,
      remoteAddress: undefined,
      unsent: 0,
      read() {},
      write(bytes) {
        // A long text has its pieces in the same memory, which a socket has sent by then.
        chunks.push(new Uint8Array(bytes));
        return true;
      },
      shutdown() {},
      end: () => queueMicrotask(() => connection.close()),
      abort: () => queueMicrotask(() => connection.close()),
    };
    const internals = withoutServer(toHandler(app), options, report);
    const connection: Connection = new Connection(
      internals,
      socket,
      // The cancel of a stream that is not sent comes with the next turn.
      () => setImmediate(() => resolve(concat(chunks, internals.traffic.out))),
    );
    connection.data(request);
    connection.end();
  });
}

function ignore(): undefined {}
