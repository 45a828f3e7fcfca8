/** A Hono app that uses the helpers as they come; what each runtime has of its own is handed in. */

import { Hono, type MiddlewareHandler } from "hono";
import { basicAuth } from "hono/basic-auth";
import { bodyLimit } from "hono/body-limit";
import { compress } from "hono/compress";
import type { GetConnInfo } from "hono/conninfo";
import { cors } from "hono/cors";
import { etag } from "hono/etag";
import { jwt } from "hono/jwt";
import { logger } from "hono/logger";
import { stream, streamSSE, streamText } from "hono/streaming";
import { timeout } from "hono/timeout";

/** What `hono/bun` and `hono/deno` have, each in its own way. */
export interface Adapter {
  getConnInfo: GetConnInfo;
  serveStatic(options: { root: string }): MiddlewareHandler;
}

/** The app of a runtime, whose `c.env` is of the type `Env`. */
export function makeApp<Env extends object>(
  { getConnInfo, serveStatic }: Adapter,
): Hono<{ Bindings: Env }> {
  const app = new Hono<{ Bindings: Env }>();

  /** Holds streams and work back until `POST /open`. */
  let gate = Promise.withResolvers<void>();
  /** How often each thing has happened. */
  const counts = { stream: 0, streamText: 0, streamSSE: 0, waitUntil: 0 };

  app.get("/counts", (c) => c.json(counts));
  app.post("/open", (c) => {
    gate.resolve();
    gate = Promise.withResolvers();
    return c.text("open");
  });

  app.get("/who", (c) => c.json(getConnInfo(c).remote));
  app.get("/variables", (c) => c.json({ keys: Object.keys(c.env), ...c.env }));
  app.get("/context", (c) => {
    try {
      c.executionCtx.passThroughOnException();
      c.executionCtx.waitUntil(gate.promise.then(() => counts.waitUntil++));
    } catch (error) {
      return c.text((error as Error).message, 500);
    }
    return c.text("answered");
  });

  app.use("/static/*", serveStatic({ root: "./test/run/apps" }));

  app.get("/plain/stream", (c) =>
    stream(c, async (stream) => {
      const open = gate.promise;
      await stream.write("one ");
      await open;
      await stream.write(new TextEncoder().encode("two"));
    }));
  app.get("/plain/streamText", (c) =>
    streamText(c, async (stream) => {
      const open = gate.promise;
      await stream.writeln("one ");
      await open;
      await stream.write("two, zwölf");
    }));
  app.get("/plain/streamSSE", (c) =>
    streamSSE(c, async (stream) => {
      const open = gate.promise;
      await stream.writeSSE({ data: "one ", event: "number", id: "1" });
      await open;
      await stream.writeSSE({ data: "two\nlines", retry: 1000 });
    }));

  const leaving = (name: keyof typeof counts, left: { onAbort(listener: () => void): void }) =>
    new Promise<void>((resolve) =>
      left.onAbort(() => {
        counts[name]++;
        resolve();
      })
    );
  app.get("/endless/stream", (c) =>
    stream(c, async (stream) => {
      await stream.write("one ");
      await leaving("stream", stream);
    }));
  app.get("/endless/streamText", (c) =>
    streamText(c, async (stream) => {
      await stream.write("one ");
      await leaving("streamText", stream);
    }));
  app.get("/endless/streamSSE", (c) =>
    streamSSE(c, async (stream) => {
      await stream.writeSSE({ data: "one " });
      await leaving("streamSSE", stream);
    }));
  app.get("/broken/streamSSE", (c) =>
    streamSSE(c, async (stream) => {
      await stream.writeSSE({ data: "one " });
      throw new Error("a detail");
    }, async (error, stream) => {
      await stream.writeSSE({ event: "mended", data: error.message });
    }));

  app.post("/limited", bodyLimit({ maxSize: 1000 }), async (c) => c.text(await c.req.text()));
  app.post(
    "/limited/own",
    bodyLimit({ maxSize: 1000, onError: (c) => c.json({ error: "too long" }, 413) }),
    async (c) => c.json(await c.req.parseBody()),
  );

  app.use("/cors/any", cors());
  app.use(
    "/cors/one",
    cors({
      origin: "https://friend.test",
      allowMethods: ["GET", "PUT"],
      allowHeaders: ["X-Own"],
      exposeHeaders: ["X-Seen"],
      credentials: true,
      maxAge: 600,
    }),
  );
  app.get("/cors/:kind", (c) => c.text(c.req.param("kind")));

  app.use("/etag/*", etag());
  app.get("/etag/text", (c) => c.text("tagged"));
  app.get("/etag/weak", (c) => c.text("tagged", 200, { etag: 'W/"own"', "x-own": "1" }));

  const long = "what is said again and again, ".repeat(100);
  app.use("/compress/*", compress());
  app.get("/compress/text", (c) => c.text(long));
  app.get("/compress/html", (c) => c.html(`<p>${long}</p>`));
  app.get("/compress/json", (c) => c.json({ long }));
  app.get("/compress/tagged", (c) => c.html(long, 200, { etag: '"own"' }));
  app.get("/compress/short", (c) => c.html("short", 200, { "content-length": "5" }));
  app.get("/compress/image", (c) => c.body(long, 200, { "content-type": "image/png" }));

  app.use("/basic", basicAuth({ username: "ada", password: "lövelace", realm: "the engine" }));
  app.get("/basic", (c) => c.text("let in"));
  app.use("/jwt", jwt({ secret: "a secret", alg: "HS256" }));
  app.get("/jwt", (c) => c.json(c.get("jwtPayload" as never)));

  app.use("/logged/*", logger());
  app.get("/logged/text", (c) => c.text("logged"));

  app.use("/timeout/*", timeout(50));
  app.get("/timeout/quick", (c) => c.text("quick"));
  app.get("/timeout/never", () => new Promise<never>(() => {}));

  return app;
}
