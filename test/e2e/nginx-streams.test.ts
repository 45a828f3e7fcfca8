/** Replies through nginx that take their time: streamed, abandoned, and failing half way. */

import { expect, test } from "bun:test";
import { eventually } from "../support/eventually.ts";
import { exchange } from "../support/raw-http.ts";
import { describeStacks } from "../support/stack.ts";
import type { Sighting } from "./app.ts";

describeStacks("Streams", { module: "test/e2e/app.ts" }, (stack, runtime, socket) => {
  const origin = () => stack().nginx.origin;
  const seen = async (id: string): Promise<Sighting> =>
    (await fetch(`${origin()}/seen/${id}`)).json();
  const open = (id: string) => fetch(`${origin()}/open/${id}`, { method: "POST" });
  const get = (path: string) =>
    exchange(stack().nginx.port, `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);

  test("a chunk arrives before the next one is made", async () => {
    const reply = await fetch(`${origin()}/stream/chunks`);
    const chunks = texts(reply);
    expect(await chunks.next()).toMatchObject({ value: "first\n" });
    await open("chunks");
    expect(await chunks.next()).toMatchObject({ value: "second\n" });
    expect(await chunks.next()).toMatchObject({ done: true });
  });

  test("events arrive one by one though the app says nothing about buffering", async () => {
    const reply = await fetch(`${origin()}/events/events`);
    expect(reply.headers.get("content-type")).toStartWith("text/event-stream");
    const chunks = texts(reply);
    expect(await chunks.next()).toMatchObject({ value: "data: first\n\n" });
    await open("events");
    expect(await chunks.next()).toMatchObject({ value: "data: second\n\n" });
    expect(await chunks.next()).toMatchObject({ done: true });
  });

  test("a client that leaves while the handler works aborts its signal", async () => {
    const reported = stack().server.stderr();
    const leave = new AbortController();
    const reply = fetch(`${origin()}/leave/waiting/early`, { signal: leave.signal });
    await eventually(() => seen("early"), ({ started }) => started === true);
    leave.abort();
    await reply.catch(() => {});
    await eventually(() => seen("early"), ({ aborted }) => aborted === true);
    expect(stack().server.stderr()).toBe(reported);
  });

  test("a client that leaves a stream aborts the signal and cancels the stream", async () => {
    const reported = stack().server.stderr();
    const leave = new AbortController();
    const reply = await fetch(`${origin()}/leave/stream/late`, { signal: leave.signal });
    expect((await texts(reply).next()).value).toStartWith("and on\n");
    expect((await seen("late")).aborted).toBe(false);
    leave.abort();
    await eventually(() => seen("late"), (saw) => saw.aborted === true && saw.cancelled === true);
    expect(stack().server.stderr()).toBe(reported);
  });

  test("a stream that fails short of its declared length is cut off", async () => {
    const reply = await get("/fail/1000");
    expect(reply).toMatchObject({ status: 200, body: "half of it", complete: false });
    await eventually(stack().server.stderr, (log) => log.includes("the source dried up"));
  });

  // Neither Deno nor a Unix socket has a way to end a connection that nginx takes for a failure.
  if (runtime === "bun" && socket === "TCP") {
    test("a stream that fails with no length declared is cut off", async () => {
      const reply = await get("/fail");
      expect(reply).toMatchObject({ status: 200, complete: false });
      expect(new Map(reply.headers).get("transfer-encoding")).toBe("chunked");
    });
  }

  test("the next request is served as if nothing had happened", async () => {
    expect((await get("/hello")).body).toBe("Hello from the other side\n");
  });
});

async function* texts(reply: Response): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  for await (const chunk of reply.body!) yield decoder.decode(chunk);
}
