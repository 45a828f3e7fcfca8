import {
  createEventStream,
  defineHandler,
  getCookie,
  H3,
  HTTPError,
  iterable,
  readBody,
  redirect,
  setCookie,
} from "h3";
import { parts } from "../upstream.js";

export const app = new H3();

app.get("/", () => "⚡️ Tadaa!");
app.get("/hello/:name", (event) => ({ hello: event.context.params.name }));
app.get("/text", () => iterable(parts("one", "two", "three")));
app.get("/stream", () =>
  ReadableStream.from(parts("one", "two", "three")).pipeThrough(
    new TextEncoderStream(),
  ));
app.get("/events", (event) => {
  const events = createEventStream(event);
  (async () => {
    for await (const data of parts("one", "two", "three")) await events.push(data);
    await events.close();
  })();
  return events.send();
});
app.post("/echo", async (event) => {
  event.res.status = 201;
  event.res.statusText = "Made";
  event.res.headers.set("x-kind", "echo");
  return { body: await readBody(event) };
});
app.get("/cookie", (event) => {
  const visits = Number(getCookie(event, "visits") ?? 0) + 1;
  setCookie(event, "visits", String(visits), { httpOnly: true });
  return `visit ${visits}`;
});
app.get("/old", () => redirect("/hello/there", 302));
app.get("/teapot", () => {
  throw new HTTPError({ status: 418, statusText: "I'm a teapot", data: { spout: "short" } });
});
app.get(
  "/throws",
  defineHandler(() => {
    throw new Error("on purpose");
  }),
);
app.get("/nothing", () => null);
app.get("/bytes", () => new Uint8Array([104, 105]));
app.get("/blob", () => new Blob(["a blob"], { type: "text/plain" }));

export default app;
