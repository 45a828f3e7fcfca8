/** The way to the end, with requests in every state. */

import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { SAME_SIGNAL_MS } from "../../src/cli/deadlines.ts";
import { eventually } from "../support/eventually.ts";
import { head, Peer } from "./client.ts";
import { type Fixture, newId, type Target, targetsOnce, TestServer } from "./targets.ts";

/** A server with these ends within the time of a test only where it waits for no time-out. */
const PATIENT = { args: ["--shutdown-timeout", "600000", "--head-timeout", "600000"] };

/** Waits until a server has begun a request. */
async function begun(server: TestServer, id: string): Promise<void> {
  await server.saw(id, ({ started }) => started === true);
}

describe.each(targetsOnce)(
  "a server told to stop ($command, $runtime, $socket)",
  (target: Target) => {
    const started = (fixture?: Fixture) => TestServer.started(target, fixture);

    test.each(["SIGTERM", "SIGINT", "SIGHUP"] as const)(
      "by %s exits with 0, at once",
      async (name) => {
        await using server = await started(PATIENT);
        await server.ask("/hello");
        server.process.kill(name);
        expect(await server.process.exited).toBe(0);
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
      const ids = [newId(), newId(), newId()] as const;
      const upload = await server.begin(`/count/${ids[0]}`, { length: 8 });
      await upload.send("half");
      const late = await server.begin(`/late/${ids[1]}/400`);
      const stream = await server.begin(`/late-stream/${ids[2]}`);
      await Promise.all(
        ids.map((id) => server.saw(id, (sighting) => "aborts" in sighting || sighting.bytes === 4)),
      );
      await server.stopping();
      await upload.send("half");
      expect((await late.reply()).text).toBe("late\n");
      expect((await stream.reply()).text).toBe("1\n2\n3\n4\n5\n");
      expect((await upload.reply()).json()).toMatchObject({ bytes: 8 });
      expect(await server.process.exited).toBe(0);
    });

    test("accepts no more", async () => {
      await using server = await started();
      const held = await server.hold();
      await server.stopping();
      await eventually(
        () => server.open().then((peer) => peer.leave(), ({ code }) => code as string),
        (code) => code === "ECONNREFUSED" || code === "ENOENT",
      );
      await held.send("2");
      expect((await held.reply()).text).toBe("12");
      expect(await server.process.exited).toBe(0);
    });

    test("serves what waits to be accepted", async () => {
      await using server = await started();
      const block = await server.begin("/block/400");
      await eventually(server.process.stdout, (text) => text.includes("blocking"));
      const waiting = await Promise.all(Array.from({ length: 30 }, async () => {
        const peer = await Peer.open(server.address);
        peer.send(head("/hello"));
        return peer;
      }));
      server.process.kill("SIGTERM");
      for (const peer of [block, ...waiting]) expect((await peer.reply()).status).toBe(200);
      expect(await server.process.exited).toBe(0);
    });

    test("ends event streams in good order", async () => {
      await using server = await started(PATIENT);
      const peer = await server.begin(`/events/${newId()}`);
      await peer.until("data: 2");
      server.process.kill("SIGTERM");
      expect([await server.process.exited, (await peer.reply()).ending]).toEqual([0, "end"]);
    });

    test("ends event streams that begin only then", async () => {
      await using server = await started(PATIENT);
      const id = newId();
      const peer = await server.begin(`/events/${id}/300`);
      await begun(server, id);
      server.process.kill("SIGTERM");
      expect([await server.process.exited, (await peer.reply()).status]).toEqual([0, 200]);
    });

    test("answers 503 for stuck handlers at shutdownTimeout, and aborts them", async () => {
      await using server = await started({ args: ["--shutdown-timeout", "300"] });
      const id = newId();
      const peer = await server.begin(`/stuck/${id}`);
      await begun(server, id);
      const start = performance.now();
      server.process.kill("SIGTERM");
      expect([await server.process.exited, (await peer.reply()).status]).toEqual([0, 503]);
      expect(performance.now() - start).toBeGreaterThan(250);
      expect(server.process.stdout()).toContain(`aborted ${id} AbortError SHUTDOWN`);
    });

    test("cuts streams that are under way at shutdownTimeout", async () => {
      await using server = await started({ args: ["--shutdown-timeout", "300"] });
      const peer = await server.begin(`/ticks/${newId()}`);
      await peer.until("tick");
      server.process.kill("SIGTERM");
      expect(await server.process.exited).toBe(0);
      const resets = target.runtime !== "deno" && target.socket === "TCP";
      expect((await peer.reply()).ending).toBe(resets ? "ECONNRESET" : "end");
    });

    test("answers 503 for half a head at shutdownTimeout", async () => {
      await using server = await started({ args: ["--shutdown-timeout", "300"] });
      const peer = await server.open();
      await peer.send(head("/hello").subarray(0, 20));
      await server.ask("/hello");
      server.process.kill("SIGTERM");
      expect((await peer.reply()).status).toBe(503);
      expect(await server.process.exited).toBe(0);
    });

    test("does not wait for silent connections", async () => {
      await using server = await started(PATIENT);
      const peers = await Promise.all(Array.from({ length: 5 }, () => server.open()));
      await server.ask("/hello");
      server.process.kill("SIGTERM");
      expect(await server.process.exited).toBe(0);
      for (const peer of peers) expect([await peer.ended, peer.count]).toEqual(["end", 0]);
    });

    test("waits for what waitUntil was given", async () => {
      await using server = await started();
      const id = newId();
      expect((await server.ask(`/work/${id}/400`)).text).toBe("working\n");
      server.process.kill("SIGTERM");
      expect(await server.process.exited).toBe(0);
      expect(server.process.stdout()).toContain(`work done ${id}`);
    });

    test("waits for it up to shutdownTimeout only", async () => {
      await using server = await started({ args: ["--shutdown-timeout", "300"] });
      await server.ask(`/work/${newId()}/600000`);
      server.process.kill("SIGTERM");
      expect(await server.process.exited).toBe(0);
    });

    test("twice exits at once", async () => {
      const server = await started(PATIENT);
      await server.hold();
      await server.stopping();
      // A second signal that soon would be the same one.
      await sleep(2 * SAME_SIGNAL_MS);
      server.process.kill("SIGTERM");
      expect(await server.process.exited).toBe(1);
    });
  },
);
