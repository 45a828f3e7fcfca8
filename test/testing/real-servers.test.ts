/** What `call` gives an app, beside what real web servers give it with the printed configurations. */

import { afterAll, beforeAll, expect, test } from "bun:test";
import { connect } from "node:tls";
import { serve } from "../../src/mod.ts";
import { call, type CallOptions } from "../../src/testing.ts";
import { exchange, parseReply, type RawReply } from "../support/raw-http.ts";
import { describeWith } from "../support/require.ts";
import {
  certificate,
  PASSWORD,
  startWebServer,
  USER,
  type WebServer,
  webServers,
} from "../support/web-server.ts";
import { freePort } from "../support/address.ts";

/** A request, and what the web server adds to it. */
interface Case extends Pick<CallOptions, "remoteUser"> {
  method?: string;
  /** From the mount on. */
  path: string;
  headers?: Record<string, string>;
  body?: string;
  https?: boolean;
}

const HEADERS = {
  accept: "text/html",
  authorization: "Bearer xyz",
  "cache-control": "no-cache",
  cookie: "a=1; b=2",
  "if-none-match": '"x"',
  "keep-alive": "300",
  proxy: "http://evil.example",
  "proxy-authorization": "Basic eDp5",
  te: "trailers",
  upgrade: "websocket",
  "x-bytes": "caf\xe9",
  "x-empty": "",
  "x-forwarded-for": "192.0.2.1",
  "x-own": "a, b",
  "x.dot": "1",
  x_under: "2",
};
const TEXT = { "content-type": "text/plain; charset=utf-8" };

const CASES: Record<string, Case> = {
  "a plain GET": { path: "/" },
  "the mount without its slash": { path: "" },
  "a query": { path: "/a/b?x=1&y=%20" },
  "an empty query": { path: "/a?" },
  "an empty query of a path with two slashes": { path: "/a//b?" },
  "escapes": { path: "/a%20b/%41/%7e/c%3Bd;e=1/caf%C3%A9/%2561?q=%2f%41%7e%e9" },
  "a byte that is no UTF-8": { path: "/caf%E9" },
  "escaped slashes": { path: "/a/%2F/b%2fc/" },
  "other characters": { path: "/!$&'()*+,;=:@~-._[]|^?!$&'()*+,;=:@~-._/?[]|^{}`\\" },
  "headers of every kind": { path: "/", headers: HEADERS },
  "a host in capitals": { path: "/", headers: { host: "Example.COM" } },
  "a HEAD": { path: "/", method: "HEAD" },
  "an upload": { path: "/upload", method: "POST", body: "caf\xe9", headers: TEXT },
  "an empty upload": { path: "/upload", method: "POST" },
  "a PUT with an empty body": { path: "/upload", method: "PUT", body: "", headers: TEXT },
  "a DELETE without a body": { path: "/x", method: "DELETE" },
  "a user": {
    path: "/private/diary",
    headers: { authorization: `Basic ${btoa(`${USER}:${PASSWORD}`)}` },
    remoteUser: USER,
  },
  "TLS": { path: "/s?x=1", https: true },
};

/** Variables that are the place's: its ports, folders and versions. */
const PLACES: Record<string, RegExp> = {
  REMOTE_PORT: /^\d+$/,
  PATH: /^.+$/,
  DOCUMENT_ROOT: /^\/.*html$/,
  SERVER_SOFTWARE: /(?<=^\w+)\/[\d.]+( \(\w+\))?( OpenSSL\/\S+)?$/,
  SCRIPT_FILENAME: /(?<=^proxy:scgi:\/\/127\.0\.0\.1:)\d+/,
  SSL_CIPHER: /^TLS_AES_\d+_GCM_SHA\d+$/,
  SSL_CIPHER_USEKEYSIZE: /^\d+$/,
  SSL_CIPHER_ALGKEYSIZE: /^\d+$/,
  // openssl s_client and browsers name the host, and no address.
  SSL_TLS_SNI: /^.+$/,
};

/** What a handler is given, its env in order. */
interface Given {
  method: string;
  url: string;
  headers: [string, string][];
  env: [string, string][];
  body: string;
}

let given: Given | undefined;
async function app(request: Request, env: Record<string, unknown>): Promise<Response> {
  const { method, url } = request;
  given = {
    method,
    url,
    headers: [...request.headers],
    env: (Object.entries(env) as [string, string][]).map(([name, value]) => [
      name,
      value.replace(PLACES[name] ?? /^$/, ""),
    ]),
    body: Buffer.from(await request.arrayBuffer()).toString("latin1"),
  };
  return new Response("seen\n");
}

for (const name of webServers) {
  for (const mount of [undefined, "/app"]) {
    describeWith(name, `call, beside a real ${name} with the mount ${mount ?? "/"},`, () => {
      const started = new AsyncDisposableStack();
      let web: WebServer;
      beforeAll(async () => {
        const port = await freePort();
        const server = started.use(serve(app, { port }));
        await server.ready;
        web = started.use(await startWebServer(name, { listen: `127.0.0.1:${port}`, mount }));
      }, 30_000);
      afterAll(() => started.disposeAsync(), 30_000);

      for (const [title, { remoteUser, https = false, path, ...init }] of Object.entries(CASES)) {
        // The harness asks for the password of a path that is there without a mount.
        if (mount === "/app" ? remoteUser !== undefined : path === "") continue;
        // The expression for the mount matches no such path, which gets 404.
        if (name === "lighttpd" && mount !== undefined && path === "/caf%E9") continue;
        test(`gives the app the same for ${title}`, async () => {
          const origin = new URL(https ? web.secureOrigin : web.origin);
          const body = init.body === undefined ? {} : { body: Buffer.from(init.body, "latin1") };
          const site = `${origin.protocol}//example.com:${origin.port}${mount ?? ""}`;
          const request = new Request(site + path, {
            method: init.method ?? "GET",
            headers: { connection: "close", ...init.headers },
            ...body,
          });
          given = undefined;
          const reply = await sendRaw(request, init.body, web);
          expect([reply.status, given]).toEqual([200, expect.anything()]);
          const real = given;
          const response = await call(app, request, { server: name, mount, remoteUser });
          expect(response.status).toBe(200);
          expect(given).toEqual(real);
        });
      }
    });
  }
}

/** Sends a request as it is, over TLS where its URL says so. */
function sendRaw(request: Request, body: string | undefined, web: WebServer): Promise<RawReply> {
  const url = new URL(request.url);
  const target = request.url.slice(url.origin.length);
  const { host = url.host, ...fields } = Object.fromEntries(request.headers);
  const lines = [`${request.method} ${target} HTTP/1.1`, `Host: ${host}`];
  for (const name in fields) lines.push(`${name}: ${fields[name]}`);
  if (body !== undefined || request.method === "POST") {
    lines.push(`Content-Length: ${body?.length ?? 0}`);
  }
  const bytes = Buffer.from([...lines, "", body ?? ""].join("\r\n"), "latin1");
  if (url.protocol === "http:") return exchange(web.port, bytes);
  return new Promise((resolve, reject) => {
    const options = { ca: certificate(), checkServerIdentity: () => undefined };
    const socket = connect(Number(url.port), "127.0.0.1", { ...options, servername: url.hostname });
    let received = "";
    socket.on("error", reject);
    socket.on("data", (bytes) => received += bytes.toString("latin1"));
    socket.on("close", () => resolve(parseReply(received)));
    socket.write(bytes);
  });
}
