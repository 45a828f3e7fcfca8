import process from "node:process";
import { Elysia, t } from "elysia";

const closes = new Map();

new Elysia()
  .get("/closed", ({ query: { room } }) => JSON.stringify(closes.get(room) ?? null))
  .get("/page/:room", "A page\n")
  .ws("/:room", {
    params: t.Object({ room: t.String({ maxLength: 10 }) }),
    open(ws) {
      ws.subscribe(ws.data.params.room);
      ws.send(`welcome ${ws.remoteAddress}`);
    },
    message(ws, message) {
      const { room } = ws.data.params;
      if (message === "close") return void ws.close(4321, "bye");
      if (message === "bytes") return void ws.send(new Uint8Array([0, 1, 255]));
      if (message === "object") return void ws.send({ room });
      if (typeof message === "string" && message.startsWith("tell ")) {
        return void ws.publish(room, message.slice(5));
      }
      return typeof message === "string" ? `echo ${message}` : message;
    },
    close(ws, code, reason) {
      closes.set(ws.data.params.room, `${code} ${reason}`);
    },
  })
  .listen({ port: process.env.PORT, hostname: "127.0.0.1" });
