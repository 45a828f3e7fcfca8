/** `call` and `settled`: an app called in a test, with no server. */

import { describe, expect, test } from "bun:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Hono } from "hono";
import { ScgiError } from "../../src/errors.ts";
import { type Bindings, getConnInfo } from "../../src/hono.ts";
import { type HandlerContext, sendFile, serve } from "../../src/mod.ts";
import { fetch } from "../../src/client.ts";
import { call, type CallOptions, settled } from "../../src/testing.ts";
import { upgradeWebSocket } from "../../src/websocket.ts";
import { onBun } from "../support/runtime.ts";

const BYTES = new TextEncoder();
const TEXT = { "content-type": "text/plain" };

/** An app whose response has what it was given. */
async function mirror(request: Request, env: Record<string, unknown>): Promise<Response> {
  const { method, url } = request;
  const headers = Object.fromEntries(request.headers);
  return Response.json({ method, url, headers, env, body: await request.text() });
}

async function given(
  input: Request | string,
  options?: CallOptions,
): Promise<Record<string, unknown> & { env: Record<string, string> }> {
  return await (await call(mirror, input, options)).json();
}

describe("the app gets", () => {
  test("a URL of localhost for a path, and the request that nginx makes of it", async () => {
    expect(await given("/a%20b?c")).toMatchObject({
      method: "GET",
      url: "http://localhost/a%20b?c",
      headers: { host: "localhost" },
      env: {
        DOCUMENT_URI: "/a b",
        HTTP_HOST: "localhost",
        REMOTE_ADDR: "127.0.0.1",
        SERVER_PORT: "80",
        SERVER_SOFTWARE: "nginx/1.22.1",
      },
    });
  });

  test("the method, the fields and the body of a Request", async () => {
    const init = { method: "PUT", body: "a body", headers: { ...TEXT, "x-own": "1" } };
    const seen = await given(new Request("https://example.com:8443/x", init));
    expect(seen).toMatchObject({
      method: "PUT",
      url: "https://example.com:8443/x",
      body: "a body",
      env: { HTTPS: "on", CONTENT_LENGTH: "6", CONTENT_TYPE: "text/plain", HTTP_X_OWN: "1" },
    });
    const { host, ...fields } = seen.headers as Record<string, string>;
    expect(host).toBe("example.com:8443");
    expect(fields).toEqual({ ...TEXT, "content-length": "6", "x-own": "1" });
  });

  test.each(["nginx", "lighttpd", "apache", "cherokee"] as const)(
    "its own paths under a mount of %s, the user and the client",
    async (server) => {
      const seen = await given(new Request("http://example.com/app/a/b?c"), {
        server,
        mount: "/app",
        stripPrefix: "/app",
        remoteUser: "ada",
        remoteAddress: "2001:db8::1",
      });
      expect(seen).toMatchObject({
        url: "http://example.com/a/b?c",
        env: { REMOTE_USER: "ada", REMOTE_ADDR: "2001:db8::1", REMOTE_PORT: "49152" },
      });
      expect(seen.env.SERVER_SOFTWARE!.toLowerCase().startsWith(server)).toBe(true);
    },
  );

  test("the bindings, and the variables that are given, in the place of others", async () => {
    const { env } = await given("/", {
      bindings: { KEY: "secret" },
      env: { SSL_CLIENT_S_DN: "CN=Zoë", SERVER_SOFTWARE: "lighttpd/1.4.82" },
      server: "lighttpd",
    });
    expect(env).toMatchObject({
      KEY: "secret",
      SSL_CLIENT_S_DN: "CN=Zoë",
      SERVER_SOFTWARE: "lighttpd/1.4.82",
    });
  });

  test("what helpers read: getConnInfo of a Hono app, and sendFile", async () => {
    const app = new Hono<{ Bindings: Bindings }>();
    app.get("/who", (c) => c.text(getConnInfo(c).remote.address ?? "unknown"));
    app.get("/file", (c) => sendFile("a.txt", { root: "/srv", env: c.env }));
    const who = await call(app, "/who", { remoteAddress: "192.0.2.7" });
    expect(await who.text()).toBe("192.0.2.7");
    const fields = async (server: "nginx" | "apache") =>
      (await call(app, "/file", { server })).headers;
    expect((await fields("nginx")).get("x-accel-redirect")).toBe("/internal/a.txt");
    expect((await fields("apache")).get("x-sendfile")).toBe("/srv/a.txt");
  });

  test("a body while it is sent, where its length is given", async () => {
    let next!: ReadableStreamDefaultController<Uint8Array>;
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => void (next = controller),
    });
    const seen: string[] = [];
    const app = async (request: Request) => {
      for await (const bytes of request.body!) {
        seen.push(new TextDecoder().decode(bytes));
        if (seen.length === 1) next.enqueue(BYTES.encode("two"));
      }
      return new Response(seen.join());
    };
    const init = { method: "POST", body, duplex: "half", headers: { "content-length": "6" } };
    const calling = call(app, new Request("http://a/", init as RequestInit));
    next.enqueue(BYTES.encode("one"));
    expect(await (await calling).text()).toBe("one,two");
    expect(seen).toEqual(["one", "two"]);
  });

  test("an upload of 5 MB whole", async () => {
    const app = async (request: Request) =>
      new Response(String((await request.arrayBuffer()).byteLength));
    const body = new Uint8Array(5_000_000);
    const response = await call(app, new Request("http://a/", { method: "POST", body }));
    expect(await response.text()).toBe("5000000");
  });
});

describe("the response is what a web server gets:", () => {
  /** The status, the fields and the body of the same handler, behind a server. */
  async function served(handler: () => Response): Promise<unknown> {
    const server = serve(handler, { port: 0, onError: () => {} });
    await server.ready;
    try {
      return await seen(await fetch("http://localhost/", { to: server.addr! }));
    } finally {
      await server.shutdown();
    }
  }

  async function seen(response: Response): Promise<unknown> {
    const { status, statusText, headers } = response;
    return { status, statusText, headers: [...headers], body: await response.text() };
  }

  const handlers: Record<string, () => Response> = {
    "a text": () => new Response("caf\xe9"),
    "bytes": () => new Response(BYTES.encode("bytes")),
    "JSON": () => Response.json({ a: 1 }, { status: 201, statusText: "Made" }),
    "no body": () => new Response(null, { status: 204 }),
    "a redirect": () => Response.redirect("http://localhost/elsewhere", 303),
    "fields of the connection, and cookies": () =>
      new Response("", {
        headers: [
          ["connection", "x-hop"],
          ["x-hop", "1"],
          ["keep-alive", "timeout=5"],
          ["set-cookie", "a=1"],
          ["set-cookie", "b=2"],
        ],
      }),
    "a stream": () =>
      new Response(
        new ReadableStream({
          start(controller) {
            controller.enqueue(BYTES.encode("one"));
            controller.enqueue(BYTES.encode("two"));
            controller.close();
          },
        }),
      ),
    "an exception": () => {
      throw new Error("secret");
    },
    "a value that is no Response": () => "text" as never,
  };

  test.each(Object.keys(handlers))("%s", async (name) => {
    const handler = handlers[name]!;
    expect(await seen(await call(handler, "/", { onError: () => {} }))).toEqual(
      await served(handler),
    );
  });

  test("a body streams, and is not made before it is read", async () => {
    let made = 0;
    const body = new ReadableStream({
      pull(controller) {
        controller.enqueue(new Uint8Array(65536));
        if (++made === 200) controller.close();
      },
    });
    const response = await call(() => new Response(body), "/");
    await sleep(20);
    expect(made).toBeLessThan(100);
    expect((await response.arrayBuffer()).byteLength).toBe(200 * 65536);
    await settled(response);
  });

  test("a body that fails does, and onError gets the reason", async () => {
    const errors: unknown[] = [];
    let body!: ReadableStreamDefaultController<Uint8Array>;
    const app = () => new Response(new ReadableStream({ start: (begun) => void (body = begun) }));
    const calling = call(app, "/", { onError: (error) => void errors.push(error) });
    await sleep(0);
    body.enqueue(BYTES.encode("part"));
    const response = await calling;
    body.error(new Error("no more"));
    expect(response.status).toBe(200);
    await expect(response.text()).rejects.toThrow("the connection was lost");
    await expect(settled(response)).rejects.toThrow("no more");
    expect(errors.map(String)).toEqual(["Error: no more"]);
  });

  test("a refusal of the server itself, and an answer of onError", async () => {
    const request = () => new Request("http://a/", { method: "POST", body: "too long" });
    const codes: unknown[] = [];
    const onError = (error: unknown) => {
      codes.push((error as ScgiError).code);
      return codes.length > 1 ? new Response("sorry", { status: 418 }) : undefined;
    };
    const options = { maxBodyBytes: 3, onError };
    const refused = await call(mirror, request(), options);
    expect([refused.status, codes]).toEqual([413, ["BODY_TOO_LARGE"]]);
    const answered = await call(mirror, request(), options);
    expect([answered.status, await answered.text()]).toEqual([418, "sorry"]);
  });

  test("101 for the handshake of a WebSocket, and 501 behind a web server that passes none", async () => {
    const closed: number[] = [];
    const app = (request: Request) => {
      const { socket, response } = upgradeWebSocket(request);
      socket.addEventListener("close", ({ code }) => closed.push(code));
      return response;
    };
    const headers = {
      ...{ upgrade: "websocket", connection: "Upgrade", "sec-websocket-version": "13" },
      "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
    };
    const response = await call(app, new Request("http://a/", { headers }));
    expect(response.status).toBe(101);
    expect(response.headers.get("sec-websocket-accept")).toBe("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    await settled(response);
    expect(closed).toEqual([1006]);
    const request = new Request("http://a/", { headers });
    const other = await call(app, request, { server: "apache", onError: () => {} });
    expect(other.status).toBe(501);
  });
});

describe("the client disconnects", () => {
  test("where the body of the response is cancelled", async () => {
    let signal: AbortSignal | undefined;
    const reasons: unknown[] = [];
    const app = (request: Request) => {
      signal = request.signal;
      return new Response(
        new ReadableStream({
          start: (controller) => controller.enqueue(BYTES.encode("first")),
          cancel: (reason) => void reasons.push((reason as Error).name),
        }),
      );
    };
    const response = await call(app, "/");
    const reader = response.body!.getReader();
    expect(new TextDecoder().decode((await reader.read()).value)).toBe("first");
    await reader.cancel();
    await expect(settled(response)).rejects.toMatchObject({ code: "CLIENT_GONE" });
    expect([signal!.aborted, reasons]).toEqual([true, ["AbortError"]]);
  });

  test("where the signal of the request aborts while the handler works", async () => {
    const leave = new AbortController();
    let reason: unknown;
    const handled = Promise.withResolvers<void>();
    const app = (request: Request) =>
      new Promise<Response>((_, reject) => {
        request.signal.addEventListener("abort", () => {
          reason = request.signal.reason;
          reject(reason);
          handled.resolve();
        });
        leave.abort(new Error("bye"));
      });
    const request = new Request("http://a/", { signal: leave.signal });
    await expect(call(app, request, { onError: () => {} })).rejects.toThrow("bye");
    await handled.promise;
    expect((reason as Error).name).toBe("AbortError");
    await expect(call(mirror, request)).rejects.toThrow("bye");
  });
});

describe("settled", () => {
  test("waits for the work of waitUntil, and for work that it begins", async () => {
    const done: string[] = [];
    const app = (_: Request, _env: unknown, ctx: HandlerContext) => {
      ctx.waitUntil(
        sleep(5).then(() => {
          done.push("first");
          ctx.waitUntil(sleep(5).then(() => void done.push("second")));
        }),
      );
      void ctx.completed.then(() => done.push("completed"));
      return new Response("hello");
    };
    const response = await call(app, "/");
    await settled(response);
    expect(done).toEqual(["completed", "first", "second"]);
    expect(await response.text()).toBe("hello");
  });

  test("rejects with a failure of that work, which onError gets as well", async () => {
    const errors: unknown[] = [];
    const app = (_: Request, _env: unknown, ctx: HandlerContext) => {
      ctx.waitUntil(Promise.reject(new Error("the mail was not sent")));
      return new Response("hello");
    };
    const response = await call(app, "/", { onError: (error) => void errors.push(error) });
    await expect(settled(response)).rejects.toThrow("the mail was not sent");
    expect(errors.map(String)).toEqual(["Error: the mail was not sent"]);
  });

  test("is for the Response of a call", async () => {
    await expect(settled(new Response())).rejects.toThrow("is not one that call() returned");
  });
});

test("wrong options are refused, each by its name", async () => {
  const cases: [options: object, says: string][] = [
    [{ server: "iis" }, 'server is "iis", and must be nginx, lighttpd, apache or cherokee'],
    [{ server: "toString" }, "must be nginx, lighttpd, apache or cherokee"],
    [
      { mount: "/app" },
      'mount is "/app", but the path is "/": the web server would not pass it on',
    ],
    [{ mount: "app" }, 'mount is "app", and must begin with a slash'],
    [{ env: { SCGI: "2" } }, "env cannot have SCGI"],
    [{ env: { A: "\0" } }, 'The variable "A" cannot be sent'],
    [{ maxBodyBytes: -1 }, "maxBodyBytes"],
    [{ stripPrefix: "app" }, "stripPrefix"],
  ];
  for (const [options, says] of cases) {
    await expect(call(mirror, "/", options as CallOptions)).rejects.toThrow(says);
  }
  await expect(call({} as never, "/")).rejects.toThrow(ScgiError);
});

test("the global Response is the runtime's own again afterwards", async () => {
  const own = Response;
  const response = await call(() => new Response("hello"), "/");
  await response.text();
  await settled(response);
  expect(Response).toBe(own);
});

test("a string implies the type that it does behind a server of the runtime", async () => {
  const response = await call(() => new Response("hello"), "/");
  const charset = onBun ? "utf-8" : "UTF-8";
  expect(response.headers.get("content-type")).toBe(`text/plain;charset=${charset}`);
});
