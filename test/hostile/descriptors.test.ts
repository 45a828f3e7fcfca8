/** Servers that run out of file descriptors, or would. */

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { eventually } from "../support/eventually.ts";
import { runtimes } from "../support/server.ts";
import { sockets } from "../behaviour/targets.ts";
import { LimitedServer } from "./limited.ts";
import { load, socketsOf } from "./measure.ts";

const DESCRIPTORS = 64;
const STAYING = 120;
const STORM = 2000;
const STORM_AT_ONCE = 100;
/** A loop that spins takes all of a processor, or what others leave of it. */
const SPINS = 0.1;

const targets = runtimes.flatMap((runtime) =>
  sockets.flatMap((socket) =>
    // Where Deno inherits, a burst that runs it out of descriptors is the end of its accepting.
    (runtime === "deno" ? [false] : [false, true]).map((inherits) => ({
      runtime,
      socket,
      inherits,
      at: inherits ? `inherited ${socket}` : socket,
    }))
  )
);

describe.each(targets)("a server with 64 file descriptors ($runtime, $at)", (target) => {
  /** Whether more connections than there may be wait until there are less. */
  const waits = target.runtime === "deno";
  let server: LimitedServer;
  let pid = 0;
  let idle = 0;

  beforeAll(async () => {
    // What is refused makes room for other refusals soon.
    const args = ["--drain-timeout", "300"];
    server = await LimitedServer.started({ ...target, descriptors: DESCRIPTORS, args });
    pid = server.process.pid;
    await server.answers(200);
    idle = socketsOf(pid);
  });
  afterAll(() => server.stop());

  async function servesAgain(): Promise<void> {
    await server.answers(200);
    await eventually(() => socketsOf(pid), (count) => count <= idle);
  }

  test("that 120 connections fill stays calm, answers, and serves again when they close", async () => {
    const peers = [];
    const open = () => server.open().then((peer) => peer, () => undefined);
    while (peers.length < STAYING / 2) peers.push(await open());
    peers.push(...await Promise.all(Array.from({ length: STAYING / 2 }, open)));
    expect(await load(pid, 1000)).toBeLessThan(SPINS);
    expect(socketsOf(pid)).toBeWithin(idle + 10, DESCRIPTORS);

    const late = waits ? server.ask(10_000) : undefined;
    if (late === undefined) await server.answers(503);
    for (const peer of peers) peer?.leave();
    if (late !== undefined) expect(await late).toBe(200);
    await servesAgain();
  });

  test("serves on after a storm of 2,000 connections that close at once", async () => {
    let left = STORM;
    const storm = Array.from({ length: STORM_AT_ONCE }, async () => {
      while (left-- > 0) (await server.open().catch(() => undefined))?.leave();
    });
    // Who waits for a backlog that is full may wait for minutes.
    await Promise.race([Promise.all(storm), new Promise((resolve) => setTimeout(resolve, 5000))]);
    left = 0;
    await servesAgain();
    expect(await load(pid, 300)).toBeLessThan(SPINS);
  });
});

describe.each(sockets)("a server on Deno that inherits its socket (%s)", (socket) => {
  test("refuses what is over a quarter of its descriptors, and serves again", async () => {
    const args = ["--drain-timeout", "300"];
    const target = { runtime: "deno" as const, socket, inherits: true };
    const server = await LimitedServer.started({ ...target, descriptors: DESCRIPTORS, args });
    try {
      await server.answers(200);
      const idle = socketsOf(server.process.pid);
      const peers = [];
      for (let opened = 0; opened < DESCRIPTORS / 4; opened++) peers.push(await server.open());
      await server.answers(503);
      for (const peer of peers) peer.leave();
      await server.answers(200);
      await eventually(() => socketsOf(server.process.pid), (count) => count <= idle);
    } finally {
      await server.stop();
    }
  });
});
