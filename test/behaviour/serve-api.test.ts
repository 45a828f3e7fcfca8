/** `serve()` as it is used by programs; each use is one process of `scripts/serve-api.ts`. */

import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { freePort, temporaryFolder } from "../support/address.ts";
import { spawnScript } from "../support/server.ts";
import { serveTargets, serveTargetsOnce, type Target } from "./targets.ts";

async function placeOf({ socket }: Target): Promise<string> {
  if (socket === "TCP") return `127.0.0.1:${await freePort()}`;
  return `unix:${join(temporaryFolder(), "app.sock")}`;
}

/** Runs one use to the end of its process, and gives what came of it. */
async function run(target: Target, name: string, address?: string): Promise<unknown> {
  const script = ["test/behaviour/scripts/serve-api.ts", name, address ?? await placeOf(target)];
  const child = spawnScript(target.runtime, script);
  const status = await child.exited;
  if (status !== 0) throw new Error(`${name} ended with ${status}: ${child.stderr}`);
  return JSON.parse(child.stdout);
}

describe.each(serveTargets)("serve() and its addresses ($runtime, $socket)", (target: Target) => {
  const tcp = target.socket === "TCP";
  const place = () => placeOf(target);
  const use = (name: string, address?: string) => run(target, name, address);

  test("has its addresses once it is ready", async () => {
    const address = await place();
    const [hostname, port] = address.split(":");
    const addr = tcp
      ? { transport: "tcp", hostname, port: Number(port) }
      : { transport: "unix", path: address.slice("unix:".length) };
    expect(await use("addr", address)).toEqual({
      early: [null, null],
      late: [addr, [addr]],
      finished: "resolved",
    });
  });

  test("listens at several addresses", async () => {
    const { texts, told } = await use("several") as Record<string, unknown>;
    expect({ texts, told }).toEqual({ texts: ["Hello\n", "Hello\n"], told: true });
  });

  test("rejects ready with the address where that is taken, unhandled if nobody looks", async () => {
    expect(await use("busy")).toEqual({
      code: "LISTEN_FAILED",
      says: true,
      finished: "LISTEN_FAILED",
      heeded: [],
      unheeded: ["LISTEN_FAILED"],
      addr: null,
      shutdown: "resolved",
      stillThere: "Hello\n",
    });
  });

  test("listens nowhere where one of several addresses is taken", async () => {
    expect(await use("busyAmongSeveral")).toEqual({
      ready: "LISTEN_FAILED",
      first: tcp ? "ECONNREFUSED" : "ENOENT",
      restored: true,
    });
  });

  test("listens also where onListen throws, which onError is told once", async () => {
    expect(await use("throwingOnListen")).toEqual({ told: ["not now"], text: "Hello\n" });
  });

  test("stops once, however often it is told to", async () => {
    expect(await use("shutdownTwice")).toEqual({
      finished: "resolved",
      refused: tcp ? "ECONNREFUSED" : "ENOENT",
    });
  });

  test("stops sooner when it is told to while it stops", async () => {
    expect(await use("shutdownSooner")).toEqual({ same: true, status: 503 });
  });

  test("stops during its start", async () => {
    expect(await use("shutdownDuringStart")).toEqual({
      finished: "resolved",
      open: tcp ? "ECONNREFUSED" : "ENOENT",
    });
  });

  test("stops when its signal aborts, or has aborted", async () => {
    expect(await use("signal")).toEqual({
      before: "Hello\n",
      open: tcp ? "ECONNREFUSED" : "ENOENT",
      aborted: "resolved",
    });
  });

  test("starts again at once", async () => {
    expect(await use("restart")).toEqual({ texts: ["Hello\n"], unhandled: [] });
  });

  if (!tcp) {
    test("takes a Unix socket over from one that is stopping", async () => {
      expect(await use("handover")).toEqual({ last: "39", unhandled: [] });
    });
  }

  if (tcp) {
    test("takes a free port for 0", async () => {
      expect(await use("port0")).toEqual({ hostname: "127.0.0.1", free: true, text: "Hello\n" });
    });

    test("takes IPv6 addresses in brackets", async () => {
      expect(await use("ipv6")).toEqual({ hostname: "::1" });
    });
  }
});

describe.each(serveTargetsOnce)("serve() ($runtime, $socket)", (target: Target) => {
  const { runtime } = target;
  const TEXT = `text/plain;charset=${runtime === "bun" ? "utf-8" : "UTF-8"}`;
  const use = (name: string) => run(target, name);

  test("takes functions and objects with fetch, and nothing else", async () => {
    expect(await use("apps")).toEqual({
      texts: ["Hello\n", "an object's\n", "Hello\n"],
      wrong: Array(5).fill("ScgiError"),
    });
  });

  test("throws at once for options that cannot be, and leaves Response alone", async () => {
    const { codes, untouched, unhandled } = await use("wrongOptions") as Record<string, unknown>;
    for (const code of codes as string[]) expect(code).toMatch(/^(ADDRESS|OPTION)_INVALID$/);
    expect([untouched, unhandled]).toEqual([true, []]);
  });

  test("lets the process end after unref()", async () => {
    expect(await use("unref")).toEqual({ text: "Hello\n" });
  });

  test("holds the process after ref()", async () => {
    expect(await use("unrefAndRef")).toEqual({ finished: true });
  });

  test("gives the bindings beside the CGI variables, in an env that inherits nothing of Object", async () => {
    expect(await use("bindings")).toEqual({
      same: true,
      wins: "bound",
      decoded: "grün",
      proxy: null,
      inherited: [null, null, null],
    });
  });

  test("has a context whose methods work taken off it, and reports work that fails", async () => {
    expect(await use("context")).toEqual({
      seen: { same: true, completed: true, worked: true },
      errors: ["this work failed"],
      unhandled: [],
    });
  });

  test("has a ctx.completed that can be asked for late", async () => {
    expect(await use("completedLate")).toEqual({ late: "resolved" });
  });

  test("has a ctx.completed that rejects for a client that left, never unhandled", async () => {
    expect(await use("completedRejects")).toEqual({ rejected: "CLIENT_GONE", unhandled: [] });
  });

  test("changes nothing by being imported", async () => {
    expect(await use("importing")).toEqual({ same: true, listeners: 0 });
  });

  test("records responses while servers run, and nobody can tell", async () => {
    const { statics, natives, ...rest } = await use("recording") as Record<string, unknown>;
    expect(rest).toEqual({
      replaced: true,
      instances: [true, true, true, true],
      kinds: ["before", "after", "text"],
      type: TEXT,
      kept: true,
      restored: true,
      after: true,
    });
    expect(statics).toEqual([...natives as unknown[], "function", "function"]);
  });

  test("records once where two copies of the package serve", async () => {
    expect(await use("twoCopies")).toEqual({
      shared: true,
      kept: true,
      types: [TEXT, TEXT],
      restored: true,
    });
  });

  test("records nothing where it is told so, and serves all the same", async () => {
    expect(await use("withoutRecording")).toEqual({
      untouched: true,
      text: "grün",
      length: "5",
      stream: "stream",
    });
  });

  test("leaves the runtime's own HTTP server in the same process at work", async () => {
    const http = ["text/plain;charset=utf-8", "over HTTP"];
    expect(await use("otherServers")).toEqual({
      before: http,
      during: http,
      after: http,
      ours: "Hello\n",
    });
  });
});
