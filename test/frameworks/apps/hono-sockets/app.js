import { Hono } from "hono";

const { upgradeWebSocket, websocket } = "Bun" in globalThis
  ? await import("hono/bun")
  : await import("hono/deno");

const closes = new Map();
const rooms = new Map();
const app = new Hono();

app.get("/closed", (c) => c.json(closes.get(c.req.query("room")) ?? null));
app.get(
  "/:room",
  (c, next) => c.req.query("refused") === undefined ? next() : c.text("refused", 403),
  upgradeWebSocket((c) => {
    const name = c.req.param("room");
    const others = rooms.get(name) ?? new Set();
    rooms.set(name, others);
    return {
      onOpen(_, ws) {
        others.add(ws);
        ws.send(`welcome to ${ws.url?.pathname ?? c.req.path} ${ws.readyState}`);
      },
      async onMessage({ data }, ws) {
        if (data === "close") return ws.close(4321, "bye");
        if (data === "protocol") return ws.send(`in ${ws.protocol}`);
        if (data === "bytes") return ws.send(new Uint8Array([0, 1, 255]));
        if (typeof data !== "string") {
          return ws.send(`bytes ${await new Response(data).text()}`);
        }
        if (!data.startsWith("tell ")) return ws.send(`echo ${data}`);
        for (const other of others) if (other !== ws) other.send(data.slice(5));
      },
      onClose({ code, reason }, ws) {
        others.delete(ws);
        closes.set(name, `${code} ${reason}`);
      },
    };
  }),
  (c) => c.text("no socket\n"),
);

export default websocket === undefined ? app : { fetch: app.fetch, websocket };
