/** Clients that leave: what the web servers tell the app of it. During uploads: uploads.test.ts. */

import { expect, test } from "bun:test";
import { eventually } from "../support/eventually.ts";
import { RawConnection } from "../support/raw-http.ts";
import { describeStacks } from "../support/stack.ts";
import { client } from "./client.ts";
import { features } from "./feature.ts";

describeStacks("A client that leaves", { module: "test/e2e/app.ts" }, (stack, on) => {
  const { seen, open, get } = client(stack);
  const feature = features(on);
  const request = async (path: string) => {
    const connection = new RawConnection(stack().web.port);
    // lighttpd 1.4.69 watches over the connection only if it once waited for a request on it, which
    // it does by the time that it has answered a later connection.
    await connection.connected;
    await get("/hello");
    await connection.send(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
    return connection;
  };

  const waiting = async (id: string) => {
    const connection = await request(`/leave/waiting/${id}`);
    await eventually(() => seen(id), ({ started }) => started === true);
    return connection;
  };
  const leaveStream = async (id: string) => {
    const connection = await request(`/leave/stream/${id}`);
    await connection.until("and on\n");
    expect((await seen(id)).aborted).toBe(false);
    await connection.leave();
    await eventually(() => seen(id), (saw) => saw.aborted === true && saw.cancelled === true);
  };
  const aborted = (id: string) => eventually(() => seen(id), (saw) => saw.aborted === true);
  const instead = {
    nginx: undefined,
    lighttpd: on.socket === "Unix socket" && {
      does:
        "reports a reset only, and 1.4.69 not even that when the request arrived together with " +
        "its connection",
      test: async () => {
        (await waiting("early")).reset();
        await aborted("early");
      },
    },
    apache: {
      does: "reports no disconnect before the response",
      test: async () => {
        await (await waiting("early")).leave();
        // Apache reports a disconnect that came after this one.
        await leaveStream("after-early");
        expect((await seen("early")).aborted).toBe(false);
        await open("early");
      },
    },
  };
  feature(
    "A disconnect while the handler works aborts the signal",
    "while the handler works aborts its signal",
    async () => {
      await (await waiting("early")).leave();
      await aborted("early");
    },
    instead[on.web],
  );

  feature(
    "A disconnect during a streamed response aborts the signal and cancels the stream",
    "while it reads a stream aborts the signal and cancels the stream",
    () => leaveStream("late"),
  );

  feature(
    "A client that closes only its sending side still gets the response",
    "from the sending side alone still gets its reply",
    async () => {
      const connection = await waiting("half");
      await connection.end();
      if (on.web === "lighttpd" && on.socket === "TCP") {
        // It passes the end on, which over TCP looks like a disconnect.
        await aborted("half");
      } else {
        // A request that came after that end is answered, and the end has told the app nothing.
        await get("/hello");
        expect((await seen("half")).aborted).toBe(false);
      }
      await open("half");
      await connection.until("nobody is here to read this\n");
      await connection.leave();
    },
    on.web === "nginx" && {
      does: "takes the end of that side for a disconnect",
      test: async () => {
        const connection = await waiting("half");
        await connection.end();
        await aborted("half");
        await connection.closed;
        expect(connection.received).toBe("");
      },
    },
  );

  test("is not one that has a whole download, whenever its stream ends", async () => {
    const ids = Array.from({ length: 20 }, (_, number) => `download-${number}`);
    for (const id of ids) {
      const reply = await get(`/download/${id}`);
      expect([reply.complete, reply.body.length]).toEqual([true, 1_000_000]);
    }
    await get("/hello");
    expect(await Promise.all(ids.map(seen))).toEqual(ids.map(() => ({})));
  });

  test("is no error, and does no harm to the next one", async () => {
    expect((await get("/hello")).body).toBe("Hello from the other side\n");
    expect(stack().server.stderr()).toBe("");
  });
});
