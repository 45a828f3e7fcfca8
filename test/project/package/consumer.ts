/** What a user may write with the types of every entry point. */

import { type Context, Hono } from "hono";
import {
  type Address,
  type App,
  formatAddress,
  type HandlerContext,
  parseAddress,
  ScgiError,
  type ScgiErrorCode,
  sendFile,
  serve,
  type ServeOptions,
  type Server,
} from "scgi";
import { fetch as ask } from "scgi/client";
import { gateway } from "scgi/gateway";
import { type Bindings, getConnInfo, upgradeWebSocket } from "scgi/hono";
import { call, settled } from "scgi/testing";
import { upgradeWebSocket as upgrade } from "scgi/websocket";
import { Decoder, encodeHead, handle } from "scgi/protocol";

const app = new Hono<{ Bindings: Bindings }>();
app.get("/", (c) => c.text(getConnInfo(c).remote.address ?? "unknown"));
app.get("/file", (c) => sendFile("a.txt", { root: "/srv", env: c.env, headers: { etag: '"1"' } }));
app.get(
  "/rooms/:room",
  upgradeWebSocket((c) => ({
    onMessage: ({ data }, ws) => ws.send(`${c.req.param("room")}: ${data}`),
    onClose: ({ code, reason }) => console.log(code, reason),
  }), { idleTimeout: 60 }),
);
app.get(
  "/client",
  upgradeWebSocket((c: Context<{ Bindings: Bindings }>) => ({
    onOpen: (_, ws) => ws.send(c.env.REMOTE_ADDR ?? "unknown"),
  })),
);
app.get("/late", (c) => upgradeWebSocket(c, { onOpen: (_, ws) => ws.close(1000, "bye") }));
app.get("/plain", (c) => {
  const { socket, response } = upgrade(c.req.raw, { protocol: "chat", perMessageDeflate: true });
  socket.onmessage = ({ data }) => socket.send(data);
  return response;
});
const forward = gateway({ to: { unix: "/run/app.sock" }, basePath: "/app" });
app.mount("/app", forward, { replaceRequest: false });

const typed = {
  fetch(request, env, ctx): Response {
    const user: string | undefined = env.REMOTE_USER;
    ctx.waitUntil(request.text());
    // @ts-expect-error: a binding may be anything
    const key: string = env.KEY;
    return new Response(user ?? key);
  },
} satisfies App;
export async function tested(): Promise<number> {
  const response = await call(typed, "/app/x", { server: "lighttpd", mount: "/app" });
  await settled(response);
  return response.status;
}

const worker: App<{ KEY: string }> = {
  fetch(request: Request, env: { KEY: string }, ctx: HandlerContext): Response {
    ctx.waitUntil(Promise.resolve());
    return Response.json({ url: request.url, key: env.KEY });
  },
};

export async function main(address: Address, options: ServeOptions): Promise<ScgiErrorCode | null> {
  const servers: Server[] = [
    serve(app, { listen: [address, "unix:/run/a.sock"], bindings: { KEY: "secret" } }),
    serve(worker, options),
  ];
  const reply: Response = await ask("http://example.com/", { to: "4000", body: "hello" });
  const bytes: Uint8Array = await handle(app, encodeHead(0, [["REQUEST_METHOD", "GET"]]));
  new Decoder({ maxHeaderBytes: bytes.length });
  formatAddress(parseAddress("127.0.0.1:4000"));
  try {
    await using first = servers[0]!;
    await first.ready;
    const accepted: number = first.stats().accepted;
    // @ts-expect-error: it is no text
    const text: string = accepted;
    return text === await reply.text() ? null : "HEAD_INVALID";
  } catch (error) {
    return error instanceof ScgiError ? error.code : null;
  }
}
