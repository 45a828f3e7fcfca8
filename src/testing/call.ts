/**
 * Calls an app with the request that a web server would make of a client's request.
 *
 * @module
 */

import type { HandlerEnv } from "../cgi/cgi-variables.ts";
import type { WebServerName } from "../cgi/web-server.ts";
import { Call, type TakeOver } from "../client/call.ts";
import { inThisProcess } from "../client/destination.ts";
import { measure } from "../client/upload.ts";
import { ScgiError } from "../errors.ts";
import { utf8ToLatin1 } from "../scgi/latin1.ts";
import { encodePairs } from "../scgi/encoder.ts";
import { quoted } from "../scgi/printable.ts";
import type { HandleOptions } from "../server/handle.ts";
import type { App } from "../server/handler.ts";
import { apacheVariables } from "./apache.ts";
import { cherokeeVariables } from "./cherokee.ts";
import { type ClientRequest, clientRequest, type Pair } from "./client-request.ts";
import { InProcess } from "./in-process.ts";
import { lighttpdVariables } from "./lighttpd.ts";
import { nginxVariables } from "./nginx.ts";
import type { RequestSettings } from "./request-settings.ts";

/** Options of {@linkcode call}: the web server and its client, and those of `serve()`. */
export interface CallOptions extends RequestSettings, HandleOptions {}

const VARIABLES: Readonly<Record<WebServerName, (request: ClientRequest) => Pair[]>> = {
  nginx: nginxVariables,
  lighttpd: lighttpdVariables,
  apache: apacheVariables,
  cherokee: cherokeeVariables,
};

/** The calls whose responses tests have, for {@linkcode settled}. */
const calls: WeakMap<Response, InProcess> = new WeakMap();

/**
 * Calls an app as a server behind a web server would: the app gets the `Request`, the `env` and the
 * context of a request that came through that web server, and the response is what the web server
 * would get: without fields of the connection, with the length and the type that are sent. Resolves
 * once the head of the response is there; its body streams. No socket is opened.
 *
 * The web server has the configuration that `scgi config` prints, and the name and the port of the
 * URL. Requests that it would answer itself, such as those with a method that it does not know, reach
 * the app all the same. The body is sent with its length. Its type is that of the field Content-Type,
 * which on Bun a `Request` with a string as its body does not have unless it is given.
 *
 * Aborting the signal of the request, and cancelling the body of the response, are the disconnect of
 * the client. The response to a valid handshake of a WebSocket has the status 101, and the client
 * disconnects. Failures go to `onError`, or to stderr unless it is set; a handler that throws has
 * answered with 500.
 *
 * @param app A fetch handler, or an object with one, as for `serve()`.
 * @param input A request, or the URL of one; a path alone is one of `http://localhost`.
 * @throws {ScgiError} `OPTION_INVALID` for a wrong option, and a path outside of `mount`;
 * `HEAD_INVALID` for a value that no variable can have; `REPLY_INVALID` where a response ends before
 * its head, or a read of its body where it ends before its last byte; or the reason of the request's
 * signal.
 *
 * @example
 * ```ts
 * import { call } from "scgi/testing";
 *
 * const app = (request: Request, env: Record<string, unknown>) =>
 *   Response.json([new URL(request.url).protocol, env.SERVER_SOFTWARE, env.REMOTE_ADDR]);
 *
 * const response = await call(app, "https://example.com/", { remoteAddress: "192.0.2.1" });
 * console.log(await response.text()); // ["https:","nginx/1.22.1","192.0.2.1"]
 * ```
 */
export async function call<Env = HandlerEnv>(
  app: App<Env>,
  input: Request | string | URL,
  options: CallOptions = {},
): Promise<Response> {
  const { server = "nginx", env = {} } = options;
  if (!Object.hasOwn(VARIABLES, server)) {
    throw new ScgiError(
      "OPTION_INVALID",
      `server is ${quoted(server)}, and must be nginx, lighttpd, apache or cherokee`,
    );
  }
  const inProcess = new InProcess(app as App<never>, options);
  const request = input instanceof Request
    ? input
    : new Request(new URL(input, "http://localhost/"));
  request.signal.throwIfAborted();
  const upload = await measure(request, undefined, Infinity);
  request.signal.throwIfAborted();
  const variables = VARIABLES[server](clientRequest(request, upload.length, options));
  const head = encodePairs(replaced(variables, env));
  const response = await new Call(
    inThisProcess(inProcess.connect),
    request,
    head,
    upload,
    leave,
  ).open();
  calls.set(response, inProcess);
  return response;
}

/**
 * Waits until a response of {@linkcode call} was delivered, as `ctx.completed` tells, and the work
 * that `ctx.waitUntil` was given is done; rejects with the first failure of these. A long body is
 * delivered while it is read: read it first, or cancel it.
 *
 * @throws {ScgiError} `OPTION_INVALID` for a Response that `call` did not return.
 *
 * @example
 * ```ts
 * import type { HandlerContext } from "scgi";
 * import { call, settled } from "scgi/testing";
 *
 * const seen: string[] = [];
 * const app = (request: Request, _env: unknown, ctx: HandlerContext) => {
 *   ctx.waitUntil(Promise.resolve().then(() => seen.push(new URL(request.url).pathname)));
 *   return new Response("Thanks");
 * };
 *
 * await settled(await call(app, "/orders"));
 * console.log(seen.join()); // /orders
 * ```
 */
export async function settled(response: Response): Promise<void> {
  const inProcess = calls.get(response);
  if (inProcess === undefined) {
    throw new ScgiError(
      "OPTION_INVALID",
      "The Response is not one that call() returned. Give that one, and no copy of it",
    );
  }
  await inProcess.settle();
}

/** A client that opens a WebSocket, and leaves. */
const leave: TakeOver = (_, server) => {
  queueMicrotask(() => server.abort());
  return { data: () => false, end() {}, drain() {}, close() {} };
};

/** The variables with those of `env` in the place of others. */
function replaced(variables: Pair[], env: Readonly<Record<string, string>>): Pair[] {
  const added = Object.entries(env);
  if (added.length === 0) return variables;
  for (const [name] of added) {
    if (name !== "CONTENT_LENGTH" && name !== "SCGI") continue;
    throw new ScgiError("OPTION_INVALID", `env cannot have ${name}, which the request sets`);
  }
  return [
    ...variables.filter(([name]) => !Object.hasOwn(env, name)),
    ...added.map(([name, value]) => [utf8ToLatin1(name), utf8ToLatin1(value)] as const),
  ];
}
