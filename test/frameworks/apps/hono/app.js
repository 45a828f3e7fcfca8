import { Hono } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import { jsx } from "hono/jsx";
import { renderToReadableStream, Suspense } from "hono/jsx/streaming";
import { stream, streamSSE, streamText } from "hono/streaming";
import { part, parts } from "../upstream.js";

const app = new Hono();

app.get("/bytes", (c) =>
  stream(c, async (stream) => {
    for await (const text of parts("one", "two", "three")) {
      await stream.write(new TextEncoder().encode(text));
    }
  }));

app.get("/text", (c) =>
  streamText(c, async (stream) => {
    for await (const text of parts("one", "two", "three")) await stream.writeln(text);
  }));

app.get("/events", (c) =>
  streamSSE(c, async (stream) => {
    for await (const data of parts("one", "two", "three")) await stream.writeSSE({ data });
  }));

const Part = async ({ name }) => jsx("p", {}, await part(name));
app.get("/page", (c) => {
  const slow = ["two", "three"].map((name) =>
    jsx(Suspense, { fallback: jsx("p", {}, "…") }, jsx(Part, { name }))
  );
  const body = renderToReadableStream(jsx("main", {}, jsx("p", {}, "one"), ...slow));
  return c.body(body, { headers: { "Content-Type": "text/html; charset=UTF-8" } });
});

app.get("/count", (c) => {
  const count = Number(getCookie(c, "count") ?? 0) + 1;
  setCookie(c, "count", String(count), { path: "/", httpOnly: true });
  setCookie(c, "last", "a b;c");
  return c.json({ count });
});

app.post("/form", async (c) => {
  const { name, file } = await c.req.parseBody();
  return c.json({ name, file: [file.name, file.type, await file.text()] }, 201);
});

app.get("/old", (c) => c.redirect("/count?from=old", 301));

export default app;
