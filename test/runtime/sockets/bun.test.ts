/**
 * What sockets/bun.ts takes for granted of Bun.listen. A new version of Bun that changes one of
 * these fails here, and the name of the test says what rests on it.
 */

import { describe, expect, test } from "bun:test";
import { existsSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import process from "node:process";
import { eventually } from "../../support/eventually.ts";
import { BIG, pause, Peer, withPath } from "../../support/peer.ts";

type Native = import("bun").Socket<undefined>;
type Where = { unix: string } | { hostname: string; port: number };
const TCP = { hostname: "127.0.0.1", port: 0 };

/** A listener whose events are noted, and the peer that has connected to it. */
async function connection(
  where: Where,
  options: { allowHalfOpen: boolean; open?: (socket: Native) => void; drain?: () => void },
) {
  const { allowHalfOpen, open = () => {}, drain = () => {} } = options;
  const events: string[] = [];
  const chunks: Uint8Array[] = [];
  let socket!: Native;
  const listener = Bun.listen({
    ...(where as { unix: string }),
    allowHalfOpen,
    socket: {
      open: (native: Native) => open(socket = native),
      data(_: unknown, data: Uint8Array) {
        events.push("data");
        chunks.push(data);
      },
      end: () => void events.push("end"),
      close: () => void events.push("close"),
      error: () => void events.push("error"),
      drain,
    },
  } as never) as unknown as { port: number; stop(now?: boolean): void };
  const peer = new Peer(
    "unix" in where ? { path: where.unix } : { port: listener.port, host: "127.0.0.1" },
  );
  await peer.connected();
  while (socket === undefined) await pause(1);
  const close = () => {
    listener.stop(true);
    peer.socket.destroy();
  };
  return { events, chunks, socket, peer, close };
}

/** Lets the event loop give what the kernel has: another connection is made, heard and ended. */
async function turn(): Promise<void> {
  const { peer, events, close } = await connection(TCP, { allowHalfOpen: true });
  peer.socket.end("x");
  await eventually(() => events, (events) => events.includes("end"));
  close();
}

describe("Bun.listen (sockets/bun.ts)", () => {
  test("end(bytes) drops what the kernel does not take, without a word", () =>
    withPath(async (unix) => {
      const { peer, close } = await connection({ unix }, {
        allowHalfOpen: true,
        open: (socket) => void socket.end(BIG),
      });
      await peer.over();
      expect(peer.error).toBeUndefined();
      expect(peer.bytes).toBeLessThan(BIG.length);
      close();
    }));

  test("write() takes a part; the rest on each drain, then end(), arrives whole", () =>
    withPath(async (unix) => {
      let sent = 0;
      let firstWrite = 0;
      let socket: Native | undefined;
      const more = () => {
        if (socket === undefined || sent === BIG.length) return;
        sent += socket.write(BIG.subarray(sent));
        firstWrite ||= sent;
        if (sent === BIG.length) socket.end();
      };
      const { peer, close } = await connection({ unix }, {
        allowHalfOpen: true,
        open: (native) => {
          socket = native;
          more();
        },
        drain: () => more(),
      });
      await peer.over();
      expect(firstWrite).toBeLessThan(BIG.length);
      expect(peer.bytes).toBe(BIG.length);
      close();
    }));

  test("without allowHalfOpen a peer that ends its side is closed, and gets no reply", () =>
    withPath(async (unix) => {
      const { peer, socket, events, close } = await connection({ unix }, {
        allowHalfOpen: false,
      });
      peer.socket.end("request");
      await eventually(() => events, (events) => events.includes("close"));
      expect(events).toEqual(["data", "end", "close"]);
      expect(socket.write("reply")).toBe(-1);
      close();
    }));

  for (const kind of ["Unix", "TCP"]) {
    test(`with allowHalfOpen it gets its reply (${kind})`, () =>
      withPath(async (unix) => {
        const { peer, socket, events, close } = await connection(
          kind === "Unix" ? { unix } : TCP,
          { allowHalfOpen: true },
        );
        peer.socket.end("request");
        await eventually(() => events, (events) => events.includes("end"));
        await turn();
        expect(events).toEqual(["data", "end"]);
        socket.write("reply");
        socket.end();
        await peer.over();
        expect(peer.received).toBe("reply");
        close();
      }));
  }

  test("a peer that leaves is told from one that ends its side on a Unix socket", () =>
    withPath(async (unix) => {
      const { peer, events, close } = await connection({ unix }, { allowHalfOpen: true });
      peer.socket.destroy();
      await eventually(() => events, (events) => events.includes("close"));
      expect(events).toEqual(["end", "close"]);
      close();
    }));

  test("and not on TCP", async () => {
    const { peer, events, close } = await connection(TCP, { allowHalfOpen: true });
    peer.socket.destroy();
    await eventually(() => events, (events) => events.includes("end"));
    await turn();
    expect(events).toEqual(["end"]);
    close();
  });

  test("terminate() resets a TCP connection after the data", async () => {
    const { peer, socket, close } = await connection(TCP, { allowHalfOpen: true });
    socket.write("part");
    await eventually(() => peer.received, (received) => received !== "");
    socket.terminate();
    await peer.over();
    expect(peer.received).toBe("part");
    expect(peer.error).toBe("ECONNRESET");
    close();
  });

  test("terminate() is a plain end on a Unix socket", () =>
    withPath(async (unix) => {
      const { peer, socket, close } = await connection({ unix }, { allowHalfOpen: true });
      socket.write("part");
      await eventually(() => peer.received, (received) => received !== "");
      socket.terminate();
      await peer.over();
      expect(peer.error).toBeUndefined();
      expect(peer.ended).toBe(true);
      close();
    }));

  test("pause() is exact: no data comes until resume()", () =>
    withPath(async (unix) => {
      const { peer, socket, events, close } = await connection({ unix }, {
        allowHalfOpen: true,
        open: (socket) => void socket.pause(),
      });
      for (const text of ["one", "two"]) {
        await peer.send(text);
        await turn();
      }
      expect(events).toEqual([]);
      socket.resume();
      await eventually(() => events, (events) => events.length > 0);
      expect(events).toContain("data");
      close();
    }));

  test("data comes after shutdown(), so that an upload can run out", () =>
    withPath(async (unix) => {
      const { peer, socket, chunks, close } = await connection({ unix }, { allowHalfOpen: true });
      socket.write("reply");
      socket.shutdown();
      await eventually(() => peer.ended, Boolean);
      peer.socket.write("more");
      await eventually(() => chunks.length, (count) => count > 0);
      expect(chunks.map(String)).toEqual(["more"]);
      close();
    }));

  test("the bytes of data() are nobody else's, so they are kept without a copy", () =>
    withPath(async (unix) => {
      const { peer, chunks, close } = await connection({ unix }, { allowHalfOpen: true });
      for (const [index, text] of ["first", "second", "third"].entries()) {
        peer.socket.write(text);
        await eventually(() => chunks.length, (count) => count > index);
      }
      expect(chunks.map(String)).toEqual(["first", "second", "third"]);
      expect(new Set(chunks.map(({ buffer }) => buffer)).size).toBe(3);
      close();
    }));

  test("remoteAddress is undefined for a Unix socket", () =>
    withPath(async (unix) => {
      const one = await connection({ unix }, { allowHalfOpen: true });
      const two = await connection(TCP, { allowHalfOpen: true });
      expect(one.socket.remoteAddress).toBeUndefined();
      expect(two.socket.remoteAddress).toBe("127.0.0.1");
      one.close();
      two.close();
    }));

  test("stop() removes the path that was bound, whoever has it: so it is renamed (unix.ts)", () =>
    withPath((unix) => {
      const listen = (path: string) => Bun.listen({ unix: path, socket: { data() {} } });
      const old = listen(unix);
      rmSync(unix);
      writeFileSync(unix, "a successor's");
      old.stop();
      expect(existsSync(unix)).toBe(false);
      const renamed = listen(`${unix}.tmp`);
      renameSync(`${unix}.tmp`, unix);
      renamed.stop();
      expect(existsSync(unix)).toBe(true);
    }));

  test("a path that is there is EADDRINUSE, dead or not: so it is asked first (unix.ts)", () =>
    withPath((unix) => {
      writeFileSync(unix, "");
      let code: string | undefined;
      try {
        Bun.listen({ unix, socket: { data() {} } });
      } catch (error) {
        ({ code } = error as { code?: string });
      }
      expect(code).toBe("EADDRINUSE");
      expect(existsSync(unix)).toBe(true);
    }));

  test("ignores a mode, and goes by the umask, so that is set meanwhile (umask.ts)", () =>
    withPath((unix) => {
      const before = process.umask(0o022);
      const options = { unix, mode: 0o600, socket: { data() {} } };
      const listener = Bun.listen(options as never) as { stop(): void };
      process.umask(before);
      expect(statSync(unix).mode & 0o777).toBe(0o755);
      listener.stop();
    }));
});
