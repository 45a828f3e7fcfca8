/** Helpers for Hono apps. */

import { Buffer } from "node:buffer";
import { describe, expect, test } from "bun:test";
import { Hono } from "hono";
import { setCookie } from "hono/cookie";
import { cors } from "hono/cors";
import { secureHeaders } from "hono/secure-headers";
import { type Bindings, getConnInfo, upgradeWebSocket } from "../src/hono.ts";
import { upgradeWebSocket as upgrade } from "../src/websocket.ts";
import { call, type Reply, requestOf } from "./support/call.ts";
import { CLOSE, closing, HANDSHAKE, masked, tellFrames, TEXT } from "./support/frames.ts";

const app = new Hono<{ Bindings: Bindings }>().get("/", (c) => c.json(getConnInfo(c)));

/** What getConnInfo makes of these variables. */
async function remote(variables: Record<string, string>): Promise<unknown> {
  return JSON.parse((await call(app, { variables })).body).remote;
}

describe("getConnInfo gives the browser's", () => {
  test("address and port, as the web server tells them", async () => {
    const variables = { REMOTE_ADDR: "192.0.2.1", REMOTE_PORT: "50000" };
    expect(await remote(variables)).toEqual({
      address: "192.0.2.1",
      addressType: "IPv4",
      port: 50000,
      transport: "tcp",
    });
  });

  test("address alone where there is no port", async () => {
    expect(await remote({ REMOTE_ADDR: "2001:db8::1", REMOTE_PORT: "" })).toEqual({
      address: "2001:db8::1",
      addressType: "IPv6",
    });
  });

  test("nothing where the web server tells nothing", async () => {
    expect(await remote({})).toEqual({});
    expect(await remote({ REMOTE_ADDR: "" })).toEqual({});
  });
});

test("getConnInfo gives nothing for a request that no server made", async () => {
  expect(await (await app.request("/")).json()).toEqual({ remote: {} });
});

/** Calls a route as a browser does that opens a WebSocket, and sends a text and a close frame. */
async function shake(
  app: Hono,
  uri: string,
  variables: Record<string, string> = HANDSHAKE,
): Promise<Reply & { frames: string[] }> {
  const sent = Buffer.concat([masked(TEXT, "hello"), masked(CLOSE, closing(1000, "bye"))]);
  const wire = requestOf({ uri, variables }) + sent.toString("latin1");
  const reply = await call(app, { wire });
  return { ...reply, frames: tellFrames(Buffer.from(reply.body, "latin1")) };
}

describe("upgradeWebSocket", () => {
  test("makes the WebSockets of a route, with Hono's events", async () => {
    const seen: unknown[] = [];
    const app = new Hono().get(
      "/rooms/:room",
      upgradeWebSocket((c) => ({
        onOpen: (_, ws) => ws.send(`room ${c.req.param("room")} ${ws.readyState} ${ws.url}`),
        onMessage: ({ data }, ws) => ws.send(`${data}!`),
        onClose: ({ code, reason }, ws) => seen.push(code, reason, ws.readyState),
      })),
    );
    const { status, frames } = await shake(app, "/rooms/blue");
    expect(status).toBe("101 Switching Protocols");
    expect(frames).toEqual(["1:room blue 1 ws://h/rooms/blue", "1:hello!", "8:1000 bye"]);
    expect(seen).toEqual([1000, "bye", 3]);
  });

  test("lets a request that asks for none go on to the next handler", async () => {
    const app = new Hono().get("/", upgradeWebSocket(() => ({})), (c) => c.text("page"));
    expect((await call(app)).body).toBe("page");
  });

  test("refuses a bad handshake with its own status", async () => {
    const app = new Hono().get("/", upgradeWebSocket(() => ({})));
    const variables = { ...HANDSHAKE, HTTP_SEC_WEBSOCKET_VERSION: "8" };
    const { status, body } = await shake(app, "/", variables);
    expect(status.slice(0, 3)).toBe("426");
    expect(body).toContain("13");
  });

  test("works inside a handler, and takes options", async () => {
    const app = new Hono().get(
      "/",
      (c) =>
        upgradeWebSocket(c, { onMessage: ({ data }, ws) => ws.send(data) }, { protocol: "chat" }),
    );
    const variables = { ...HANDSHAKE, HTTP_SEC_WEBSOCKET_PROTOCOL: "chat" };
    const { headers, frames } = await shake(app, "/", variables);
    expect(headers).toContain("sec-websocket-protocol: chat");
    expect(frames[0]).toBe("1:hello");
  });

  test("keeps the headers and cookies of middleware, set before and after", async () => {
    const app = new Hono();
    app.use(cors({ origin: "https://a.test" }), secureHeaders(), async (c, next) => {
      setCookie(c, "before", "1");
      c.header("x-before", "1");
      await next();
      c.header("x-after", "1");
      setCookie(c, "after", "1");
      c.res.headers.set("x-direct", "1");
    });
    app.get("/", upgradeWebSocket(() => ({ onMessage: ({ data }, ws) => ws.send(data) })));
    app.get("/plain", (c) => {
      const { socket, response } = upgrade(c.req.raw);
      socket.onmessage = ({ data }) => socket.send(data);
      return response;
    });
    app.get("/raw", () => new Response(null));
    const own = ({ headers }: Reply) =>
      headers.filter((line) => /^(?:x-(?:after|before|direct)|set-cookie|x-frame)/.test(line))
        .sort();

    const helped = await shake(app, "/");
    expect(own(helped)).toEqual([
      "set-cookie: after=1; Path=/",
      "set-cookie: before=1; Path=/",
      "x-after: 1",
      "x-before: 1",
      "x-direct: 1",
      "x-frame-options: SAMEORIGIN",
    ]);
    const plain = await shake(app, "/plain");
    expect(own(plain)).toEqual(own(await call(app, { uri: "/raw" })));
    for (const { status, headers, frames, errors } of [helped, plain]) {
      expect([status, errors]).toEqual(["101 Switching Protocols", []]);
      expect(headers.slice(0, 2)).toEqual(["Upgrade: websocket", "Connection: Upgrade"]);
      expect(frames).toEqual(["1:hello", "8:1000 bye"]);
    }
  });
});
