/** The way to the end, with requests in every state. */

import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { head, Peer } from "./client.ts";
import { type Fixture, newId, type Target, targets, TestServer } from "./targets.ts";

/** Waits for the end of a server that was told to stop. Gives its status and how long it took. */
async function ended(server: TestServer): Promise<{ status: number | string; ms: number }> {
  const start = performance.now();
  const status = await server.process.exited;
  return { status, ms: performance.now() - start };
}

describe.each(targets)("a server told to stop ($command, $runtime, $socket)", (target: Target) => {
  const started = (fixture?: Fixture) => TestServer.started(target, fixture);

  test.each(["SIGTERM", "SIGINT", "SIGHUP"] as const)(
    "by %s exits with 0, at once",
    async (name) => {
      await using server = await started();
      await server.ask("/hello");
      server.process.kill(name);
      const { status, ms } = await ended(server);
      expect(status).toBe(0);
      expect(ms).toBeLessThan(1000);
      expect(server.complaints()).toBe("");
      if (target.socket === "Unix") {
        expect(existsSync(server.address.slice("unix:".length))).toBe(false);
        expect(existsSync(`${server.address.slice("unix:".length)}.tmp`)).toBe(false);
      }
    },
  );

  test("as soon as it says that it listens exits with 0 as well", async () => {
    const servers = await Promise.all(Array.from({ length: 4 }, async () => {
      const server = await started();
      server.process.kill("SIGTERM");
      return server;
    }));
    for (const server of servers) expect(await server.process.exited).toBe(0);
  });

  test("finishes requests in flight: handlers, streams and uploads", async () => {
    await using server = await started();
    const late = await server.begin(`/late/${newId()}/400`);
    const stream = await server.begin(`/late-stream/${newId()}`);
    const upload = await server.begin(`/count/${newId()}`, { length: 8 });
    await upload.send("half");
    await sleep(50);
    server.process.kill("SIGTERM");
    await sleep(100);
    await upload.send("half");
    expect((await late.reply()).text).toBe("late\n");
    expect((await stream.reply()).text).toBe("1\n2\n3\n4\n5\n");
    expect((await upload.reply()).json()).toMatchObject({ bytes: 8 });
    expect(await ended(server)).toMatchObject({ status: 0 });
  });

  test("accepts no more", async () => {
    await using server = await started();
    const late = await server.begin(`/late/${newId()}/400`);
    await sleep(50);
    server.process.kill("SIGTERM");
    await sleep(100);
    expect(await server.open().catch(({ code }) => code)).toBeOneOf(["ECONNREFUSED", "ENOENT"]);
    expect((await late.reply()).text).toBe("late\n");
    expect(await server.process.exited).toBe(0);
  });

  test("serves what waits to be accepted", async () => {
    await using server = await started();
    const block = await server.begin("/block/400");
    await sleep(50);
    const waiting = await Promise.all(Array.from({ length: 30 }, async () => {
      const peer = await Peer.open(server.address);
      peer.send(head("/hello"));
      return peer;
    }));
    server.process.kill("SIGTERM");
    for (const peer of [block, ...waiting]) expect((await peer.reply()).status).toBe(200);
    expect(await ended(server)).toMatchObject({ status: 0 });
  });

  test("ends event streams in good order", async () => {
    await using server = await started();
    const peer = await server.begin(`/events/${newId()}`);
    await peer.until("data: 2");
    server.process.kill("SIGTERM");
    const { status, ms } = await ended(server);
    expect([status, (await peer.reply()).ending]).toEqual([0, "end"]);
    expect(ms).toBeLessThan(1500);
  });

  test("ends event streams that begin only then", async () => {
    await using server = await started();
    const id = newId();
    const peer = await server.begin(`/events/${id}/300`);
    await server.saw(id, ({ started }) => started === true);
    server.process.kill("SIGTERM");
    const { status, ms } = await ended(server);
    expect([status, (await peer.reply()).status]).toEqual([0, 200]);
    expect(ms).toBeLessThan(2000);
  });

  test("answers 503 for stuck handlers at shutdownTimeout, and aborts them", async () => {
    await using server = await started({ args: ["--shutdown-timeout", "300"] });
    const id = newId();
    const peer = await server.begin(`/stuck/${id}`);
    await server.saw(id, ({ started }) => started === true);
    server.process.kill("SIGTERM");
    const { status, ms } = await ended(server);
    expect([status, (await peer.reply()).status]).toEqual([0, 503]);
    expect(ms).toBeWithin(250, 2000);
    expect(server.process.stdout()).toContain(`aborted ${id}`);
  });

  test("cuts streams that are under way at shutdownTimeout", async () => {
    await using server = await started({ args: ["--shutdown-timeout", "300"] });
    const peer = await server.begin(`/ticks/${newId()}`);
    await peer.until("tick");
    server.process.kill("SIGTERM");
    expect(await ended(server)).toMatchObject({ status: 0 });
    const resets = target.runtime !== "deno" && target.socket === "TCP";
    expect((await peer.reply()).ending).toBe(resets ? "ECONNRESET" : "end");
  });

  test("answers 503 for half a head at shutdownTimeout", async () => {
    await using server = await started({ args: ["--shutdown-timeout", "300"] });
    const peer = await server.open();
    await peer.send(head("/hello").subarray(0, 20));
    await sleep(50);
    server.process.kill("SIGTERM");
    expect((await peer.reply()).status).toBe(503);
    expect(await ended(server)).toMatchObject({ status: 0 });
  });

  test("does not wait for silent connections", async () => {
    await using server = await started();
    const peers = await Promise.all(Array.from({ length: 5 }, () => server.open()));
    await sleep(50);
    server.process.kill("SIGTERM");
    const { status, ms } = await ended(server);
    expect(status).toBe(0);
    expect(ms).toBeLessThan(1500);
    for (const peer of peers) expect([await peer.ended, peer.count]).toEqual(["end", 0]);
  });

  test("waits for what waitUntil was given", async () => {
    await using server = await started();
    const id = newId();
    expect((await server.ask(`/work/${id}/400`)).text).toBe("working\n");
    server.process.kill("SIGTERM");
    expect(await ended(server)).toMatchObject({ status: 0 });
    expect(server.process.stdout()).toContain(`work done ${id}`);
  });

  test("waits for it up to shutdownTimeout only", async () => {
    await using server = await started({ args: ["--shutdown-timeout", "300"] });
    await server.ask(`/work/${newId()}/60000`);
    server.process.kill("SIGTERM");
    const { status, ms } = await ended(server);
    expect(status).toBe(0);
    expect(ms).toBeLessThan(2500);
  });

  test("twice exits at once", async () => {
    const server = await started();
    await server.begin(`/late/${newId()}/5000`);
    await sleep(50);
    server.process.kill("SIGTERM");
    await sleep(100);
    server.process.kill("SIGTERM");
    const { status, ms } = await ended(server);
    expect(status).toBe(1);
    expect(ms).toBeLessThan(1000);
  });
});
