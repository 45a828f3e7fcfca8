/** A chat: every text that a browser sends goes to all others in its room. */

import { type Context, Hono } from "hono";
import { upgradeWebSocket } from "scgi/hono";
import { page } from "./page.ts";

/** The open sockets of each room. */
const rooms = new Map<string, Set<WebSocket>>();
/** The longest text, in bytes. */
const MOST_BYTES = 4096;
/** A browser that takes nothing is closed when so many bytes wait for it. */
const MOST_WAITING = 1_048_576;

const app = new Hono();

app.get("/", (c) => c.html(page));

app.get(
  "/rooms/:room",
  async (c, next) => {
    // No CORS protects a WebSocket, and cookies come along: other sites' pages are refused here. Debian's
    // scgi_params of nginx leave out the port. A sandboxed page has the origin `null`.
    const origin = c.req.header("origin");
    const { hostname } = new URL(c.req.url);
    if (origin !== undefined && !(URL.canParse(origin) && new URL(origin).hostname === hostname)) {
      return c.text("This page is of another site\n", 403);
    }
    return await next();
  },
  upgradeWebSocket((c: Context) => {
    const room = c.req.param("room") ?? "";
    return {
      onOpen: (_, { raw }) => {
        rooms.set(room, rooms.get(room)?.add(raw) ?? new Set([raw]));
      },
      onMessage: ({ data }) => sendAll(room, String(data)),
      onClose: (_, { raw }) => {
        const sockets = rooms.get(room);
        sockets?.delete(raw);
        if (sockets?.size === 0) rooms.delete(room);
      },
    };
  }, { maxPayloadLength: MOST_BYTES }),
);

function sendAll(room: string, text: string): void {
  for (const socket of rooms.get(room) ?? []) {
    if (socket.bufferedAmount > MOST_WAITING) socket.close(4008, "too slow");
    else socket.send(text);
  }
}

export default app;
