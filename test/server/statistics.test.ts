/** What `server.stats()` tells. */

import { describe, expect, test } from "bun:test";
import { LoopLagMeter } from "../../src/server/loop-lag.ts";
import { RequestCounts } from "../../src/server/request-counts.ts";
import { serve } from "../../src/server/serve.ts";
import { upgradeWebSocket } from "../../src/websocket.ts";
import { ask, head, Peer } from "../behaviour/client.ts";
import { eventually } from "../support/eventually.ts";

const HANDSHAKE = {
  HTTP_UPGRADE: "websocket",
  HTTP_CONNECTION: "Upgrade",
  HTTP_SEC_WEBSOCKET_VERSION: "13",
  HTTP_SEC_WEBSOCKET_KEY: "dGhlIHNhbXBsZSBub25jZQ==",
};

function app(request: Request): Response | Promise<Response> {
  const { pathname } = new URL(request.url);
  if (pathname === "/never") return new Promise(() => {});
  if (pathname === "/socket") return upgradeWebSocket(request).response;
  return new Response("Hello", { status: Number(pathname.slice(1)) });
}

describe("requests", () => {
  test("are counted once each, by the class of their status", async () => {
    const server = serve(app, { port: 0, maxBodyBytes: 3, onError() {} });
    await server.ready;
    const { port } = server.addr as { port: number };
    const at = `127.0.0.1:${port}`;
    for (const status of [200, 201, 302, 404, 500]) await ask(at, `/${status}`);
    await ask(at, "/200", { body: "four" });
    await ask(at, "/200", { method: "BAD METHOD" });
    const left = await Peer.open(at);
    await left.send(head("/never"));
    await eventually(() => server.stats().active, (active) => active === 1);
    left.reset();
    const { requests, durations } = await eventually(
      () => server.stats(),
      ({ requests, active }) => requests.unanswered === 1 && active === 0,
    );
    expect(requests).toEqual({
      "1xx": 0,
      "2xx": 2,
      "3xx": 1,
      "4xx": 2,
      "5xx": 2,
      unanswered: 1,
    });
    const all = Object.values(requests).reduce((sum, count) => sum + count, 0);
    expect(all).toBe(8);
    expect(durations.counts.reduce((sum, count) => sum + count, 0)).toBe(8);
    expect(durations.counts).toHaveLength(durations.bounds.length + 1);
    await server.shutdown();
  });

  test("that become WebSockets are counted when they do, and not as long as those last", async () => {
    const server = serve(app, { port: 0 });
    await server.ready;
    const { port } = server.addr as { port: number };
    const peer = await Peer.open(`127.0.0.1:${port}`);
    await peer.send(head("/socket", { variables: HANDSHAKE }));
    await peer.until("\r\n\r\n");
    expect(server.stats()).toMatchObject({ upgraded: 1, active: 1, requests: { "1xx": 1 } });
    peer.leave();
    const stats = await eventually(() => server.stats(), ({ active }) => active === 0);
    expect(stats).toMatchObject({ upgraded: 0, requests: { "1xx": 1, unanswered: 0 } });
    await server.shutdown();
  });

  test("are in the bucket of their duration, a limit included", () => {
    const counts = new RequestCounts();
    for (const duration of [0, 1, 1.001, 2.5, 60_000, 60_001, 1e9]) counts.add(200, duration);
    const { bounds, counts: buckets, sum } = counts.durations;
    const of = (bound: number) => buckets[bounds.indexOf(bound)];
    expect([of(1), of(2.5), of(60_000), buckets.at(-1)]).toEqual([2, 2, 1, 2]);
    expect(sum).toBeCloseTo(0 + 1 + 1.001 + 2.5 + 60_000 + 60_001 + 1e9);
  });
});

test("the state follows the server from its start to its end", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const server = serve(async () => {
    await promise;
    return new Response("Hello");
  }, { port: 0 });
  expect(server.stats().state).toBe("starting");
  await server.ready;
  expect(server.stats().state).toBe("serving");
  const reply = ask(`127.0.0.1:${(server.addr as { port: number }).port}`, "/");
  await eventually(() => server.stats().active, (active) => active === 1);
  const stopped = server.shutdown();
  expect(server.stats().state).toBe("draining");
  resolve();
  expect((await reply).status).toBe(200);
  await stopped;
  expect(server.stats()).toMatchObject({ state: "stopped", active: 0, requests: { "2xx": 1 } });
});

test("a server that cannot start is stopped", async () => {
  await using first = serve(() => new Response(), { port: 0 });
  await first.ready;
  const { port } = first.addr as { port: number };
  const second = serve(() => new Response(), { port });
  await second.ready.catch(() => {});
  expect(second.stats().state).toBe("stopped");
});

test("the snapshot is a copy in plain values", async () => {
  const server = serve(() => new Response("Hello"), { port: 0 });
  await server.ready;
  const before = server.stats();
  await ask(`127.0.0.1:${(server.addr as { port: number }).port}`, "/");
  await eventually(() => server.stats().requests["2xx"], (count) => count === 1);
  expect(before.requests["2xx"]).toBe(0);
  expect(before.durations.counts.every((count) => count === 0)).toBe(true);
  const stats = server.stats();
  expect(JSON.parse(JSON.stringify(stats))).toEqual(stats);
  expect(stats.memory.resident).toBeGreaterThan(stats.memory.heap);
  expect(Math.abs(stats.since - Date.now())).toBeLessThan(60_000);
  await server.shutdown();
});

describe("the lag of the event loop", () => {
  test("shows for how long something held it, also before its timer can tell", async () => {
    const meter = new LoopLagMeter();
    const until = performance.now() + 400;
    while (performance.now() < until);
    expect(meter.lag.longest).toBeWithin(250, 5000);
    const { longest } = meter.lag;
    await eventually(() => meter.lag.last, (last) => last < 250);
    expect(meter.lag.longest).toBeGreaterThanOrEqual(longest);
    meter.stop();
  });
});
