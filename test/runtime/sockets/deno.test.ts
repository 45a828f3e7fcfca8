/**
 * What sockets/deno.ts takes for granted of Deno.listen. A new version of Deno that changes one of
 * these fails here, and the name of the test says what rests on it. deno.test.ts runs it on Deno.
 */

import { describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { existsSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { eventually } from "../../support/eventually.ts";
import { onBun } from "../../support/runtime.ts";
import { BIG, pause, Peer, withPath } from "../../support/peer.ts";

interface Conn {
  readonly remoteAddr: { hostname?: string };
  read(buffer: Uint8Array): Promise<number | null>;
  write(bytes: Uint8Array): Promise<number>;
  closeWrite(): Promise<void>;
  close(): void;
}
interface Listener {
  readonly addr: { hostname?: string; port?: number; transport: string };
  accept(): Promise<Conn>;
  close(): void;
}
const { Deno } = globalThis as unknown as {
  Deno: { listen(options: object): Listener; execPath(): string };
};
const unixAt = (path: string) => Deno.listen({ transport: "unix", path });
const name = (promise: Promise<unknown>) =>
  promise.then(() => "fine", (error: Error) => error.name);
const EMPTY = new Uint8Array(0);
const bytes = (text: string) => new TextEncoder().encode(text);

/** A connection that was accepted, and its peer. */
async function connection(path: string | undefined) {
  const listener = path === undefined
    ? Deno.listen({ hostname: "127.0.0.1", port: 0 })
    : unixAt(path);
  const peer = new Peer(
    path === undefined ? { port: listener.addr.port!, host: "127.0.0.1" } : { path },
  );
  const conn = await listener.accept();
  const close = () => {
    peer.socket.destroy();
    for (const resource of [conn, listener]) {
      try {
        resource.close();
      } catch {
        // It is closed already.
      }
    }
  };
  return { listener, conn, peer, close };
}

if (!onBun) {
  describe("Deno.listen (sockets/deno.ts)", () => {
    test("ignores an fd and opens a random port: so node:net takes those", () => {
      const listener = Deno.listen({ fd: 3 });
      expect(listener.addr.transport).toBe("tcp");
      expect(listener.addr.port! > 0).toBe(true);
      listener.close();
    });

    test("ends the process for reusePort without a flag: so node:net takes that", () => {
      const script = 'try { Deno.listen({ port: 0, reusePort: true }) } catch {} console.log("on")';
      const { status, stdout } = spawnSync(Deno.execPath(), ["eval", script], { encoding: "utf8" });
      expect(status).not.toBe(0);
      expect(stdout).toBe("");
    });

    test("a zero-length write on a Unix socket tells a peer that left from one that ended its side", () =>
      withPath(async (path) => {
        const { conn, peer, close } = await connection(path);
        peer.socket.end("x");
        expect(await conn.read(new Uint8Array(8))).toBe(1);
        expect(await conn.read(new Uint8Array(8))).toBeNull();
        expect(await conn.write(EMPTY)).toBe(0);
        peer.socket.destroy();
        const written = () => name(conn.write(EMPTY));
        expect(await eventually(written, (name) => name !== "fine")).toBe("BrokenPipe");
        close();
      }));

    test("and tells nothing on TCP", async () => {
      const { conn, peer, close } = await connection(undefined);
      peer.socket.destroy();
      await peer.closed;
      expect(await conn.read(new Uint8Array(8))).toBeNull();
      expect(await conn.write(EMPTY)).toBe(0);
      close();
    });

    test("a peer that ended its side gets its reply", () =>
      withPath(async (path) => {
        const { conn, peer, close } = await connection(path);
        peer.socket.end("request");
        const buffer = new Uint8Array(16);
        expect(await conn.read(buffer)).toBe(7);
        expect(await conn.read(buffer)).toBeNull();
        await conn.write(bytes("reply"));
        conn.close();
        await peer.over();
        expect(peer.received).toBe("reply");
        close();
      }));

    test("a turn does 100 writes, and not 200: so deno-turns.ts spreads them", () =>
      withPath(async (path) => {
        const { conn, close } = await connection(path);
        const done = async (number: number) => {
          await pause(5);
          let count = 0;
          const writes = Array.from({ length: number }, () => conn.write(bytes("x")));
          for (const write of writes) write.then(() => count++);
          for (let microtasks = 0; microtasks < 20; microtasks++) await undefined;
          const early = count;
          await Promise.all(writes);
          return early;
        };
        expect(await done(100)).toBe(100);
        expect(await done(200)).toBeLessThan(200);
        close();
      }));

    test("write() takes a part of what is large: so it is called again", () =>
      withPath(async (path) => {
        const { conn, close } = await connection(path);
        expect(await conn.write(BIG)).toBeLessThan(BIG.length);
        close();
      }));

    test("reads go on after closeWrite(), so that an upload can run out", () =>
      withPath(async (path) => {
        const { conn, peer, close } = await connection(path);
        await conn.closeWrite();
        peer.socket.write("more");
        expect(await conn.read(new Uint8Array(16))).toBe(4);
        close();
      }));

    test("close() cannot reset a connection: so a broken body needs its length, or unread bytes", async () => {
      const { conn, peer, close } = await connection(undefined);
      await conn.write(bytes("part"));
      await peer.send("unread");
      await eventually(() => peer.received, (received) => received !== "");
      conn.close();
      await peer.over();
      expect(peer.received).toBe("part");
      expect(peer.ended).toBe(true);
      close();
    });

    test("close() ends a read that waits, with an error", () =>
      withPath(async (path) => {
        const { conn, peer, close } = await connection(path);
        const reading = name(conn.read(new Uint8Array(8)));
        await conn.write(bytes("later"));
        await eventually(() => peer.received, (received) => received !== "");
        conn.close();
        expect(await reading).not.toBe("fine");
        close();
      }));

    test("close() of a listener ends an accept that waits, with an error", () =>
      withPath(async (path) => {
        const listener = unixAt(path);
        const accepting = name(listener.accept());
        // What is begun later is over when the accept waits.
        (await connection(undefined)).close();
        listener.close();
        expect(await accepting).not.toBe("fine");
      }));

    test("two accepts at a time are refused: so there is one loop", () =>
      withPath(async (path) => {
        const listener = unixAt(path);
        const first = name(listener.accept());
        expect(await name(listener.accept())).toBe("Busy");
        listener.close();
        await first;
      }));

    test("a Unix peer has no hostname, a TCP peer has", () =>
      withPath(async (path) => {
        const [one, two] = [await connection(path), await connection(undefined)];
        expect(one.conn.remoteAddr.hostname).toBeUndefined();
        expect(two.conn.remoteAddr.hostname).toBe("127.0.0.1");
        one.close();
        two.close();
      }));

    test("close() removes the path that was bound, whoever has it: so it is renamed (unix.ts)", () =>
      withPath((path) => {
        const old = unixAt(path);
        rmSync(path);
        writeFileSync(path, "a successor's");
        old.close();
        expect(existsSync(path)).toBe(false);
        const renamed = unixAt(`${path}.tmp`);
        renameSync(`${path}.tmp`, path);
        renamed.close();
        expect(existsSync(path)).toBe(true);
      }));

    test("names its errors as the advice has them (sockets/listen.ts)", () =>
      withPath((path) => {
        const failure = (action: () => Listener) => {
          try {
            return action();
          } catch (error) {
            return (error as Error).name;
          }
        };
        writeFileSync(path, "");
        expect(failure(() => unixAt(path))).toBe("AddrInUse");
        expect(failure(() => unixAt(`${path}s/none`))).toBe("NotFound");
      }));
  });
}
