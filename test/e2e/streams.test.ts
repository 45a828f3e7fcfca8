/** Replies through the web servers that take their time. */

import { expect, test } from "bun:test";
import { gunzipSync } from "node:zlib";
import { describeStacks } from "../support/stack.ts";
import { client, texts } from "./client.ts";
import { features } from "./feature.ts";

describeStacks("Streams", { module: "test/e2e/app.ts" }, (stack, on) => {
  const { ask, open } = client(stack);
  const feature = features(on);

  /** Reads a stream whose second part is made once the first was read. */
  const inTwo = async (path: string, id: string, parts: [string, string], init?: RequestInit) => {
    const reply = await ask(`${path}/${id}`, init);
    const chunks = texts(reply);
    expect(await chunks.next()).toMatchObject({ value: parts[0] });
    await open(id);
    expect(await chunks.next()).toMatchObject({ value: parts[1] });
    expect(await chunks.next()).toMatchObject({ done: true });
    return reply;
  };

  test("a chunk arrives before the next one is made", async () => {
    await inTwo("/stream", "chunks", ["first\n", "second\n"]);
  });

  test.each([
    "text",
    "bytes",
    "generator",
    "transform",
    "node",
    "gzip",
    "html",
    "stream",
    "streamText",
    "Suspense",
  ])("of any kind is passed on as it is made, with no word about buffers (%s)", async (kind) => {
    const id = `made-${kind}`;
    const reply = await ask(`/made/${kind}/${id}`, { decompress: false });
    const chunks = reply.body![Symbol.asyncIterator]();
    const first = await chunks.next();
    expect(first.done).toBe(false);
    await open(id);
    const all = [first.value!];
    for (let next = await chunks.next(); !next.done; next = await chunks.next()) {
      all.push(next.value);
    }
    const bytes = Buffer.concat(all);
    const text = (kind === "gzip" ? gunzipSync(bytes) : bytes).toString();
    expect(text).toMatch(/<p>first[^]*<p>second/);
    // It is for nginx, which takes it off.
    if (on.web === "nginx") expect(reply.headers.get("x-accel-buffering")).toBeNull();
  });

  feature(
    "Event streams are passed on at once",
    "events arrive one by one though the app says nothing about buffering",
    async () => {
      const reply = await inTwo("/events", "events", ["data: first\n\n", "data: second\n\n"]);
      expect(reply.headers.get("content-type")).toStartWith("text/event-stream");
    },
  );

  const gzip = { headers: { "accept-encoding": "gzip" } };
  feature(
    "Streamed pages are passed on at once",
    "a page arrives in parts also for a client that takes gzip",
    async () => void await inTwo("/page", "page", ["<p>first\n", "<p>second\n"], gzip),
  );
});
