import { Elysia, file, redirect, sse, status, t } from "elysia";
import { parts } from "../upstream.js";

export const app = new Elysia()
  .get("/", "Hello Elysia")
  .get("/id/:id", ({ params: { id }, query }) => ({ id, query }))
  .get("/text", async function* () {
    yield* parts("one", "two", "three");
  })
  .get("/events", async function* () {
    for await (const data of parts("one", "two", "three")) yield sse({ event: "part", data });
  })
  .post("/json", ({ body, set }) => {
    set.status = 201;
    set.headers["x-powered-by"] = "Elysia";
    return body;
  }, { body: t.Object({ name: t.String(), age: t.Number() }) })
  .post("/upload", async ({ body: { file, title } }) => ({
    title,
    name: file.name,
    type: file.type,
    text: await file.text(),
  }), { body: t.Object({ title: t.String(), file: t.File() }) })
  .get("/cookie", ({ cookie: { visits } }) => {
    visits.value = Number(visits.value ?? 0) + 1;
    visits.httpOnly = true;
    return `visit ${visits.value}`;
  })
  .get("/file", () => file(`${import.meta.dirname}/file.txt`))
  .get("/bytes", () => new Uint8Array([104, 105]))
  .get("/blob", () => new Blob(["a blob"], { type: "text/plain" }))
  .get("/nothing", () => {})
  .get("/number", () => 42)
  .get("/form", () => new Response(new URLSearchParams({ a: "1" })))
  .get("/teapot", () => status(418, "short and stout"))
  .get("/old", ({ request }) => redirect(new URL("/id/7", request.url).href))
  .get("/throws", () => {
    throw new Error("on purpose");
  })
  .get("/headers", ({ request }) => request.headers.get("x-name") ?? "none");

export default app;
