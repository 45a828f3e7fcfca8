/** A Hono app with the WebSocket helper of `hono/bun`, as Hono's documentation has it. */

import { Hono } from "hono";
import { upgradeWebSocket, websocket } from "hono/bun";

const closed: string[] = [];
const app = new Hono();
app.get("/closed", (c) => c.json(closed));
app.get(
  "/echo",
  upgradeWebSocket(() => ({
    onOpen: (_, ws) => ws.send("welcome"),
    onMessage({ data }, ws) {
      if (typeof data === "string") ws.send(`echo ${data}`);
      else ws.send(data as ArrayBuffer);
    },
    onClose: ({ code, reason }) => void closed.push(`${code} ${reason}`),
  })),
);

export default { fetch: app.fetch, websocket };
