/** The upgrade of a request, and every way in which it is refused or not made. */

import { Buffer } from "node:buffer";
import { describe, expect, test } from "bun:test";
import type { ScgiError } from "../../src/errors.ts";
import type { App, FetchHandler } from "../../src/server/handler.ts";
import { upgradeWebSocket, type UpgradeWebSocketOptions } from "../../src/websocket.ts";
import { type Call, call, callUnrecorded, type Reply, requestOf } from "../support/call.ts";
import { ACCEPT, CLOSE, closing, HANDSHAKE, masked, tellFrames, TEXT } from "../support/frames.ts";
import { text } from "../support/wire.ts";

/** An app that upgrades each request and echoes what it receives. */
function echo(options?: UpgradeWebSocketOptions): FetchHandler {
  return (request) => {
    const { socket, response } = upgradeWebSocket(request, options);
    socket.addEventListener("message", ({ data }) => socket.send(data));
    return response;
  };
}

/** Calls an app with a handshake, and the frames after it. */
function shake(
  app: App,
  variables: Record<string, string | undefined> = {},
  frames: Buffer[] = [],
) {
  return calling(call, app, variables, frames);
}

function calling(
  caller: typeof call,
  app: App,
  variables: Record<string, string | undefined> = {},
  frames: Buffer[] = [],
): Promise<Reply> {
  const all = Object.entries({ ...HANDSHAKE, ...variables })
    .filter((entry): entry is [string, string] => entry[1] !== undefined);
  const asked: Call = { variables: Object.fromEntries(all) };
  return caller(app, { wire: requestOf(asked) + text(Buffer.concat(frames)) });
}

/** What a socket's events were. */
function watch(socket: WebSocket): string[] {
  const seen: string[] = [];
  for (const type of ["open", "message", "error", "close"]) {
    socket.addEventListener(type, (event) => {
      const { code, reason } = event as CloseEvent;
      seen.push(type === "close" ? `close ${code} ${reason}`.trim() : type);
    });
  }
  return seen;
}

const frames = (reply: Reply) => tellFrames(Buffer.from(reply.body, "latin1"));
const HELLO = masked(TEXT, "hello");
const BYE = masked(CLOSE, closing(1000, "bye"));

describe("the reply to a handshake", () => {
  test("has Status first, then Upgrade and Connection, which lighttpd needs", async () => {
    const { status, headers } = await shake(echo());
    expect(status).toBe("101 Switching Protocols");
    expect(headers.slice(0, 2)).toEqual(["Upgrade: websocket", "Connection: Upgrade"]);
    expect(headers.slice(2)).toEqual([`sec-websocket-accept: ${ACCEPT}`]);
  });

  test("is followed by what answers frames that came with the handshake", async () => {
    const reply = await shake(echo(), {}, [HELLO, BYE]);
    expect(frames(reply)).toEqual(["1:hello", "8:1000 bye"]);
    expect(reply.errors).toEqual([]);
  });

  test("is followed by it where the handler takes its time as well", async () => {
    const reply = await shake(
      async (request, env, ctx) => {
        await new Promise((resolve) => setTimeout(resolve, 5));
        return await echo()(request, env, ctx);
      },
      {},
      [HELLO, BYE],
    );
    expect(frames(reply)).toEqual(["1:hello", "8:1000 bye"]);
  });

  test("chooses the subprotocol where it is offered, and none where not", async () => {
    const chosen = (offered: string) =>
      shake(echo({ protocol: "chat.v2" }), { HTTP_SEC_WEBSOCKET_PROTOCOL: offered })
        .then(({ headers }) => headers.filter((line) => line.startsWith("sec-websocket-protocol")));
    expect(await chosen("chat, chat.v2")).toEqual(["sec-websocket-protocol: chat.v2"]);
    expect(await chosen("chat")).toEqual([]);
  });

  test("negotiates compression only if it is wanted", async () => {
    const offer = { HTTP_SEC_WEBSOCKET_EXTENSIONS: "permessage-deflate; client_max_window_bits" };
    const extensions = async (options?: UpgradeWebSocketOptions) =>
      (await shake(echo(options), offer)).headers.filter((line) => line.includes("extensions"));
    expect(await extensions()).toEqual([]);
    expect((await extensions({ perMessageDeflate: true })).join()).toContain("permessage-deflate");
  });

  test("carries fields and cookies that the app adds, and none that would break the tunnel", async () => {
    const { headers } = await shake((request) => {
      const { response } = upgradeWebSocket(request);
      response.headers.append("set-cookie", "a=1");
      response.headers.append("set-cookie", "b=2");
      response.headers.set("x-own", "yes");
      response.headers.set("content-length", "5");
      response.headers.set("transfer-encoding", "chunked");
      response.headers.set("connection", "close, x-hop");
      response.headers.set("x-hop", "no");
      return response;
    });
    expect(headers.filter((line) => !line.startsWith("sec-")).sort()).toEqual(
      [
        "Connection: Upgrade",
        "Upgrade: websocket",
        "set-cookie: a=1",
        "set-cookie: b=2",
        "x-own: yes",
      ],
    );
  });

  test("reads as status 101", async () => {
    let seen: unknown;
    await shake((request) => {
      const { response } = upgradeWebSocket(request);
      const { status, ok, body } = response;
      seen = { status, ok, body, isResponse: response instanceof Response };
      return response;
    });
    expect(seen).toEqual({ status: 101, ok: false, body: null, isResponse: true });
  });

  test("is made as well by a copy of the Response, as middleware makes it", async () => {
    const { status, headers } = await shake((request) => {
      const { response } = upgradeWebSocket(request);
      const copy = new Response(response.body, response);
      copy.headers.set("x-own", "yes");
      return new Response(copy.body, copy);
    });
    expect(status).toBe("101 Switching Protocols");
    expect(headers).toContain("x-own: yes");
  });

  test("is made where responses are not recorded", async () => {
    expect((await calling(callUnrecorded, echo())).status).toBe("101 Switching Protocols");
  });

  test("counts no change that the handler makes to the variables", async () => {
    const { status } = await shake((request, env, ctx) => {
      for (const name of Object.keys(env as object)) delete (env as Record<string, unknown>)[name];
      return echo()(request, env, ctx);
    });
    expect(status).toBe("101 Switching Protocols");
  });
});

describe("a handshake is refused, and so answered by a handler that does nothing about it", () => {
  const refused: [
    name: string,
    status: string,
    text: string,
    Record<string, string | undefined>,
  ][] = [
    ["without a request for it", "426", "WebSocket", {
      HTTP_UPGRADE: undefined,
      HTTP_SEC_WEBSOCKET_KEY: undefined,
    }],
    ["to another protocol", "426", "WebSocket", { HTTP_UPGRADE: "h2c" }],
    ["without Connection: Upgrade", "400", "Connection", { HTTP_CONNECTION: "keep-alive" }],
    ["of another version", "426", "13", { HTTP_SEC_WEBSOCKET_VERSION: "8" }],
    ["without a key", "400", "Sec-WebSocket-Key", { HTTP_SEC_WEBSOCKET_KEY: undefined }],
    ["with a bad key", "400", "Sec-WebSocket-Key", { HTTP_SEC_WEBSOCKET_KEY: "short" }],
    ["of HTTP/1.0", "400", "HTTP/1.1", { SERVER_PROTOCOL: "HTTP/1.0" }],
    ["behind Apache", "501", "Apache/2.4.66", { SERVER_SOFTWARE: "Apache/2.4.66 (Debian)" }],
    ["behind lighttpd before 1.4.74", "501", "lighttpd/1.4.69", {
      SERVER_SOFTWARE: "lighttpd/1.4.69",
    }],
    ["behind lighttpd over HTTP/2", "501", "h2proto", {
      SERVER_SOFTWARE: "lighttpd/1.4.86",
      SERVER_PROTOCOL: "HTTP/2.0",
    }],
    ["behind lighttpd that takes Upgrade off", "426", "enable", {
      SERVER_SOFTWARE: "lighttpd/1.4.86",
      HTTP_UPGRADE: undefined,
    }],
    ["behind Cherokee, which takes Upgrade off", "501", "Cherokee/1.2.104", {
      SERVER_SOFTWARE: "Cherokee/1.2.104 (Unix)",
      HTTP_UPGRADE: undefined,
    }],
  ];

  test.each(refused)("%s: %s", async (_, status, message, variables) => {
    const reply = await shake(echo(), variables);
    expect(reply.status.slice(0, 3)).toBe(status);
    expect(reply.body).toContain(message);
    expect(reply.errors.map(({ error }) => (error as ScgiError).code)).toEqual(["UPGRADE_REFUSED"]);
  });

  test("with the versions that it may have", async () => {
    const reply = await shake(echo(), { HTTP_SEC_WEBSOCKET_VERSION: "8" });
    expect(reply.headers).toContain("sec-websocket-version: 13");
  });

  test("with a body", async () => {
    const { status, body } = await call(echo(), { variables: HANDSHAKE, body: "12345" });
    expect(status.slice(0, 3)).toBe("400");
    expect(body).toContain("body");
  });

  test("with a method other than GET", async () => {
    const { status } = await call(echo(), { variables: HANDSHAKE, method: "POST" });
    expect(status.slice(0, 3)).toBe("405");
  });

  test("but the handler can answer otherwise, by the status of the error", async () => {
    const { status, errors } = await shake((request, env, ctx) => {
      try {
        return echo()(request, env, ctx);
      } catch (error) {
        return new Response("page", { status: (error as ScgiError).status === 426 ? 200 : 503 });
      }
    }, { HTTP_UPGRADE: undefined, HTTP_SEC_WEBSOCKET_KEY: undefined });
    expect([status, errors]).toEqual(["200 OK", []]);
  });
});

describe("no upgrade is made", () => {
  test.each<[string, (request: Request) => Request]>([
    ["of a clone", (request) => request.clone()],
    ["of a new Request", (request) => new Request(request)],
  ])("%s, which is a fault of the app", async (_, other) => {
    const { status, errors } = await shake((request, env, ctx) => echo()(other(request), env, ctx));
    expect(status).toBe("500 Internal Server Error");
    expect(String(errors[0]!.error)).toContain("very Request");
  });

  test("where another Response is sent: the socket fails", async () => {
    let seen: string[] = [];
    const reply = await shake(
      (request) => {
        const { socket } = upgradeWebSocket(request);
        seen = watch(socket);
        return new Response("other");
      },
      {},
      [HELLO],
    );
    expect([reply.status, reply.body]).toEqual(["200 OK", "other"]);
    expect(seen).toEqual(["error", "close 1006"]);
  });

  test("where the handler throws", async () => {
    let seen: string[] = [];
    const reply = await shake((request) => {
      seen = watch(upgradeWebSocket(request).socket);
      throw new Error("broken");
    });
    expect(reply.status).toBe("500 Internal Server Error");
    expect(seen).toEqual(["error", "close 1006"]);
  });

  test("where a field cannot be sent", async () => {
    let seen: string[] = [];
    const { status, errors } = await shake((request) => {
      const { socket, response } = upgradeWebSocket(request);
      seen = watch(socket);
      const forged = new Headers(response.headers);
      forged.forEach = (add: (value: string, name: string, all: Headers) => void) =>
        add("a\x01b", "x-own", forged);
      Object.defineProperty(response, "headers", { value: forged });
      return response;
    });
    expect(status).toBe("500 Internal Server Error");
    expect(String(errors[0]!.error)).toContain("x-own");
    expect(seen).toEqual(["error", "close 1006"]);
  });

  test("twice of one request", async () => {
    const { status, errors } = await shake((request) => {
      upgradeWebSocket(request);
      return upgradeWebSocket(request).response;
    });
    expect(status).toBe("500 Internal Server Error");
    expect(String(errors[0]!.error)).toContain("once");
  });

  test("of a request that was answered", async () => {
    let late: Request | undefined;
    await shake((request) => {
      late = request;
      return new Response("answered");
    });
    expect(() => upgradeWebSocket(late!)).toThrow("answered");
  });

  test("by a Response of another request", async () => {
    let kept: Response | undefined;
    await shake((request) => {
      kept = upgradeWebSocket(request).response;
      return new Response("other");
    });
    const { status, errors } = await shake(() => kept!);
    expect(status).toBe("500 Internal Server Error");
    expect(String(errors[0]!.error)).toContain("Status 101 cannot be sent");
  });
});

test.each<UpgradeWebSocketOptions>([
  { idleTimeout: -1 },
  { idleTimeout: NaN },
  { maxPayloadLength: 1.5 },
])("the options %j are an error of the app", async (options) => {
  const { status, errors } = await shake(echo(options));
  expect(status).toBe("500 Internal Server Error");
  expect((errors[0]!.error as ScgiError).code).toBe("OPTION_INVALID");
});
