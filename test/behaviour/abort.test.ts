/** Clients that leave, half or whole, and those that do not. */

import { expect, test } from "bun:test";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describeServed, describeTargets, newId, serveTargets, TestServer } from "./targets.ts";

describeTargets("a client that leaves", {}, (server) => {
  /** Whether half a close is told from a departure. */
  const tells = server.socket === "Unix";

  test("aborts the signal once while the handler works, and nothing is reported", async () => {
    const [id, said] = [newId(), server.listenIn()];
    const peer = await server.begin(`/wait/${id}`);
    await server.saw(id, ({ started }) => started === true);
    peer.leave();
    await server.saw(id, ({ aborts }) => aborts === 1);
    const saw = await server.saw(id, ({ cancels }) => cancels! > 0);
    expect(saw).toMatchObject({
      aborts: 1,
      reason: "AbortError CLIENT_GONE",
      cancels: 1,
      cancelReason: "AbortError CLIENT_GONE",
    });
    expect(said()).toBe("");
  });

  test("has the Response that is returned afterwards cancelled, once", async () => {
    const id = newId();
    const peer = await server.begin(`/wait/${id}`);
    await server.saw(id, ({ started }) => started === true);
    peer.leave();
    await server.saw(id, ({ cancels }) => cancels === 1);
    await server.ask("/hello");
    expect((await server.seen(id)).cancels).toBe(1);
  });

  test("is noticed through a reset as well", async () => {
    const id = newId();
    const peer = await server.begin(`/wait/${id}`);
    await server.saw(id, ({ started }) => started === true);
    if (server.socket === "TCP") peer.reset();
    else peer.leave();
    await server.saw(id, ({ aborts }) => aborts === 1);
  });

  test("is noticed in the middle of an upload whose body was cancelled", async () => {
    const id = newId();
    const peer = await server.begin(`/wait-bodiless/${id}`, { length: 2_000_000 });
    await peer.upload(1_000_000);
    await server.saw(id, ({ started }) => started === true);
    peer.leave();
    const { reason } = await server.saw(id, ({ aborts }) => aborts === 1);
    expect(reason).toBe("AbortError BODY_CUT");
  });

  test("is noticed after an upload that nobody has read", async () => {
    const id = newId();
    const peer = await server.begin(`/wait/${id}`, { length: 1000 });
    await peer.upload(1000);
    await server.saw(id, ({ started }) => started === true);
    await server.ask("/hello");
    peer.leave();
    await server.saw(id, ({ aborts }) => aborts === 1);
  });

  test("is no error where the handler rejects with the signal's reason", async () => {
    const [id, said] = [newId(), await server.listenFromNow()];
    const peer = await server.begin(`/reject-with-reason/${id}`);
    await server.saw(id, ({ started }) => started === true);
    peer.leave();
    await server.saw(id, ({ aborts }) => aborts === 1);
    expect(await server.heard(said)).toBe("");
  });

  test("is no error where the handler rejects with what the signal led to", async () => {
    const [id, said] = [newId(), await server.listenFromNow()];
    const peer = await server.begin(`/sleep-with-signal/${id}`);
    await server.saw(id, ({ started }) => started === true);
    peer.leave();
    const { rejected, of } = await server.saw(id, ({ rejected }) => rejected !== undefined);
    expect({ rejected, of }).toEqual({ rejected: "AbortError", of: true });
    expect(await server.heard(said)).toBe("");
  });

  if (server.command === "serve") {
    test("is no error for waitUntil either", async () => {
      const [id, said] = [newId(), await server.listenFromNow()];
      const peer = await server.begin(`/work-with-signal/${id}`);
      await peer.until("tick");
      peer.leave();
      await server.saw(id, ({ aborts, cancels }) => aborts === 1 && cancels === 1);
      expect(await server.heard(said)).toBe("");
    });
  }

  test("makes no unhandled rejection of work with its signal that nothing waits for", async () => {
    const [id, said] = [newId(), await server.listenFromNow()];
    const peer = await server.begin(`/forgotten-work/${id}`);
    await peer.until("tick");
    peer.leave();
    await server.saw(id, ({ aborts, cancels }) => aborts === 1 && cancels === 1);
    expect(await server.heard(said)).toBe("");
  });

  test("gives signal, fetch and stream the one reason: an AbortError of the runtime", async () => {
    const { promise: reached, resolve: reach } = Promise.withResolvers<void>();
    const upstream = createServer(() => reach());
    await new Promise<void>((resolve) => upstream.listen(0, "127.0.0.1", resolve));
    try {
      const [id, said] = [newId(), await server.listenFromNow()];
      const { port } = upstream.address() as AddressInfo;
      const peer = await server.begin(`/reasons/${id}?upstream=http://127.0.0.1:${port}/`);
      await reached;
      await peer.until("\r\n\r\n");
      peer.leave();
      const saw = await server.saw(id, ({ noted }) => noted === 3);
      expect(saw).toMatchObject({
        names: ["AbortError", "AbortError", "AbortError"],
        real: true,
        same: true,
        cause: "CLIENT_GONE",
        text: "AbortError: The client disconnected",
      });
      if (server.completes) await server.saw(id, ({ completed }) => completed === true);
      expect(await server.heard(said)).toBe("");
    } finally {
      upstream.closeAllConnections();
      upstream.close();
    }
  });

  test("aborts clones and re-wrapped requests, with the same reason", async () => {
    const id = newId();
    const peer = await server.begin(`/descendants/${id}`);
    await server.saw(id, ({ started }) => started === true);
    peer.leave();
    const { reason, clone, wrapped } = await server.saw(id, ({ aborts }) => aborts === 1);
    expect([reason, clone, wrapped]).toEqual([
      "AbortError CLIENT_GONE",
      "AbortError CLIENT_GONE",
      "AbortError CLIENT_GONE",
    ]);
  });

  test.each([false, true])(
    "aborts a fetch(request) that is under way (upstream has answered: %p)",
    async (answered) => {
      const id = newId();
      const { promise: left, resolve: leave } = Promise.withResolvers<void>();
      const { promise: reached, resolve: reach } = Promise.withResolvers<void>();
      const upstream = createServer((request, response) => {
        reach();
        if (answered) response.write("upstream's first\n");
        request.socket.on("close", leave);
      });
      await new Promise<void>((resolve) => upstream.listen(0, "127.0.0.1", resolve));
      try {
        const { port } = upstream.address() as AddressInfo;
        const variables = { HTTP_HOST: `127.0.0.1:${port}` };
        const peer = await server.begin(`/forward/${id}`, { variables });
        await reached;
        if (answered) await peer.until("upstream's first\n");
        peer.leave();
        await left;
        if (!answered) await server.saw(id, ({ fetchFailed }) => fetchFailed !== undefined);
      } finally {
        upstream.closeAllConnections();
        upstream.close();
      }
    },
  );

  test.each(["quiet", "ticks"])("cancels a stream that it leaves, once (%s)", async (route) => {
    const [id, said] = [newId(), await server.listenFromNow()];
    const peer = await server.begin(`/${route}/${id}`);
    await peer.until(route === "quiet" ? "first" : "tick");
    expect(await server.seen(id)).toMatchObject({ aborts: 0, cancels: 0 });
    peer.leave();
    // A quiet stream on TCP might be a half-closing client's: that one has a test of its own.
    if (route === "ticks" || tells) {
      await server.saw(id, ({ cancels }) => cancels === 1);
      await server.ask("/hello");
      expect(await server.seen(id)).toMatchObject({ aborts: 1, cancels: 1 });
    } else {
      await server.saw(id, ({ aborts }) => aborts === 1);
    }
    expect(await server.heard(said)).toBe("");
  });

  test("makes no unhandled rejection of a stream that is pushed into afterwards", async () => {
    const [id, said] = [newId(), await server.listenFromNow()];
    const peer = await server.begin(`/pushes-on/${id}`);
    await peer.until("more");
    peer.leave();
    await server.saw(id, ({ cancels, over }) => cancels === 1 && over === true);
    expect(await server.heard(said)).toBe("");
  });

  test("with half a close, gets its reply", async () => {
    const id = newId();
    const peer = await server.begin(`/late/${id}`);
    peer.finish();
    const reply = await peer.reply();
    expect([reply.status, reply.text, reply.ending]).toEqual([200, "late\n", "end"]);
    const { aborts } = await server.seen(id);
    expect(aborts).toBe(tells ? 0 : 1);
  });

  test("with half a close, gets a streamed reply whole", async () => {
    const id = newId();
    const peer = await server.begin(`/late-stream/${id}`);
    peer.finish();
    const reply = await peer.reply();
    expect(reply.text).toBe("1\n2\n3\n4\n5\n");
    expect((await server.seen(id)).cancels).toBe(0);
  });

  if (tells) {
    test("is noticed after half a close as well", async () => {
      const id = newId();
      const peer = await server.begin(`/wait/${id}`);
      peer.finish();
      await server.saw(id, ({ started }) => started === true);
      await server.ask("/hello");
      expect((await server.seen(id)).aborts).toBe(0);
      peer.leave();
      await server.saw(id, ({ aborts }) => aborts === 1);
    });
  }

  test("and comes back is served as if nothing had happened", async () => {
    expect((await server.ask("/hello")).text).toBe("Hello\n");
  });
});

// Ten seconds each, so once a runtime, and both at the same time.
test.concurrent.each(serveTargets.filter(({ socket }) => socket === "TCP"))(
  "a client with half a close has a stream that stays quiet for 10 s cancelled ($runtime)",
  async (target) => {
    await using server = await TestServer.started(target);
    const id = newId();
    const peer = await server.begin(`/quiet/${id}`);
    await peer.until("first");
    peer.finish();
    const start = performance.now();
    await peer.ended;
    expect(performance.now() - start).toBeGreaterThan(9000);
    await server.saw(id, ({ cancels }) => cancels === 1);
  },
  20_000,
);

describeServed("3,000 delivered replies", {}, (server) => {
  test("abort no signal", async () => {
    let next = 0;
    const client = async () => {
      for (let turn = next++; turn < 3000; turn = next++) {
        const query = turn % 10 === 0 ? "?wait" : turn % 10 === 1 ? "?stream" : "";
        const reply = await server.ask(`/tally${query}`);
        if (reply.text !== "delivered" || reply.ending !== "end") throw new Error(reply.ending);
      }
    };
    await Promise.all(Array.from({ length: 32 }, client));
    expect((await server.ask("/tally/aborts")).text).toBe("0");
  });
});
