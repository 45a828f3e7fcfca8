/** Servers that cannot be reached, that misbehave, and requests that are given up. */

import { describe, expect, test } from "bun:test";
import { fetch, type ScgiRequestInit } from "../../src/client.ts";
import type { ScgiError } from "../../src/errors.ts";
import { serve } from "../../src/server/serve.ts";
import { freePort, temporaryFolder } from "../support/address.ts";
import { Answering, kinds } from "../support/answering.ts";
import { Child } from "../support/child.ts";
import { eventually } from "../support/eventually.ts";
import { here } from "../support/runtime.ts";
import { spawnScript } from "../support/server.ts";

/** What a request, and the reading of its reply, fail with. */
async function failure(init: ScgiRequestInit): Promise<ScgiError> {
  try {
    await (await fetch("http://h/", init)).text();
  } catch (error) {
    return error as ScgiError;
  }
  throw new Error("It did not fail");
}

const silent = () => {};
const noneOpen = (server: Answering) => eventually(() => server.open, (open) => open === 0);

test("a port where nothing listens refuses", async () => {
  const port = await freePort();
  const { code, status, message } = await failure({ to: port });
  expect([code, status]).toEqual(["CONNECT_FAILED", 502]);
  expect(message).toContain(`127.0.0.1:${port}: no server listens there`);
});

test("a path without a socket, and a file that is none, cannot be connected to", async () => {
  for (const path of ["/nowhere/app.sock", import.meta.filename]) {
    const { code, message } = await failure({ to: `unix:${path}` });
    expect([code, message.includes(`unix:${path}: `)]).toEqual(["CONNECT_FAILED", true]);
  }
});

test("a host that there is not cannot be connected to", async () => {
  const { code, message } = await failure({ to: "no-such-host.invalid:4000" });
  expect(code).toBe("CONNECT_FAILED");
  expect(message).toContain("no-such-host.invalid:4000");
});

test("an address of no machine is unreachable, at once or after connectTimeout", async () => {
  const { code } = await failure({ to: "192.0.2.1:4000", connectTimeout: 100 });
  expect(code).toMatch(/^CONNECT_(FAILED|TIMEOUT)$/);
});

test("a server that accepts no connection is given up after connectTimeout", async () => {
  // A socket with room for one connection that waits, and two of them before ours.
  const listener = new Child("perl", [
    "-MIO::Socket::INET",
    "-e",
    "$|=1; $s = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1'); " +
    "push @c, IO::Socket::INET->new(PeerHost => '127.0.0.1', PeerPort => $s->sockport) for 1, 2; " +
    "print $s->sockport, qq{\\n}; sleep 20",
  ], { cwd: "/" });
  await listener.until(() => listener.stdout.endsWith("\n"), "it listened");
  const { code, status } = await failure({ to: listener.stdout.trim(), connectTimeout: 100 });
  listener.kill("SIGKILL");
  expect([code, status]).toEqual(["CONNECT_TIMEOUT", 504]);
});

test("a file descriptor, and systemd's sockets, are nothing to connect to", async () => {
  for (const to of ["fd:3", "systemd", "nowhere"]) {
    expect((await failure({ to })).code).toBe("ADDRESS_INVALID");
  }
});

test("a path over 107 bytes is no path of a Unix socket", async () => {
  // Node would connect to the socket at its first 107 bytes.
  for (
    const [path, code, says] of [
      [`/${"a".repeat(106)}`, "CONNECT_FAILED", "the socket does not exist"],
      [`/${"a".repeat(107)}`, "ADDRESS_INVALID", "its path is over 107 bytes"],
      [`/${"\xe9".repeat(54)}`, "ADDRESS_INVALID", "its path is over 107 bytes"],
      [`/${"a".repeat(3000)}`, "ADDRESS_INVALID", "its path is over 107 bytes"],
    ] as const
  ) {
    const error = await failure({ to: { unix: path } });
    expect([path, error.code]).toEqual([path, code]);
    expect(error.message).toContain(says);
  }
});

test("a limit that is no whole number is refused", async () => {
  for (const name of ["connectTimeout", "replyTimeout", "maxBufferedBytes"]) {
    const { code, message } = await failure({ to: 4000, [name]: -1 });
    expect([code, message.includes(name)]).toEqual(["OPTION_INVALID", true]);
  }
});

for (const kind of kinds) {
  describe(`over ${kind}`, () => {
    test("a server that closes at once gave no reply", async () => {
      await using server = await Answering.start((socket) => void socket.destroy(), kind);
      expect((await failure({ to: server.address })).code).toBe("REPLY_INVALID");
    });

    test("a server that never answers is given up after replyTimeout", async () => {
      await using server = await Answering.start(silent, kind);
      const { code, status } = await failure({ to: server.address, replyTimeout: 50 });
      expect([code, status]).toEqual(["REPLY_TIMEOUT", 504]);
      await noneOpen(server);
    });

    test("a server that takes no upload is given up after replyTimeout", async () => {
      await using server = await Answering.start(silent, kind);
      server.holds = true;
      const body = new ReadableStream<Uint8Array>({
        pull: (controller) => controller.enqueue(new Uint8Array(1_000_000)),
      });
      const headers = { "content-length": "1000000000" };
      const init = { to: server.address, method: "POST", body, headers, replyTimeout: 100 };
      expect((await failure(init)).code).toBe("REPLY_TIMEOUT");
    });

    test("1,001 lines of header are not taken", async () => {
      const lines = (count: number) => "X: y\n".repeat(count - 1);
      await using server = await Answering.start((socket) => {
        socket.end(`Status: 200\n${lines(1000)}\nbody`);
      }, kind);
      expect(await (await fetch("http://h/", { to: server.address })).text()).toBe("body");
      await using other = await Answering.start((socket) => {
        socket.end(`Status: 200\n${lines(1001)}\nbody`);
      }, kind);
      const { code, message } = await failure({ to: other.address });
      expect(code).toBe("REPLY_HEAD_TOO_LARGE");
      expect(message).toContain("1000 lines");
    });

    test("100 MiB of header are not taken", async () => {
      let sent = 0;
      const line = `X-Long: ${"x".repeat(65_000)}\r\n`;
      await using server = await Answering.start((socket) => {
        const more = (error?: unknown): void => {
          if (sent >= 100 * 1024 * 1024 || error) return;
          sent += line.length;
          socket.write(line, more);
        };
        more();
      }, kind);
      const { code, message } = await failure({ to: server.address });
      expect(code).toBe("REPLY_HEAD_TOO_LARGE");
      expect(message).toContain("65536 bytes");
      await noneOpen(server);
      expect(sent).toBeLessThan(16 * 1024 * 1024);
    });

    test("a signal ends the connection, before and after the head", async () => {
      await using server = await Answering.start(silent, kind);
      const before = new AbortController();
      const reply = failure({ to: server.address, signal: before.signal });
      await eventually(() => server.open, (open) => open === 1);
      before.abort(new Error("enough"));
      expect((await reply).message).toBe("enough");
      await noneOpen(server);

      await using begun = await Answering.start((socket) => {
        socket.write("Status: 200 OK\r\n\r\nfirst");
      }, kind);
      const after = new AbortController();
      const response = await fetch("http://h/", { to: begun.address, signal: after.signal });
      after.abort(new Error("enough"));
      await expect(response.text()).rejects.toThrow("enough");
      await noneOpen(begun);
    });

    test("a reply that comes before the whole upload ends the upload", async () => {
      await using server = await Answering.start(silent, kind);
      server.onData = (socket) => socket.end("Status: 413 Too Large\r\nContent-Length: 0\r\n\r\n");
      let cancelled = false;
      const body = new ReadableStream<Uint8Array>({
        start: (controller) => controller.enqueue(new Uint8Array(10)),
        cancel: () => void (cancelled = true),
      });
      const headers = { "content-length": "1000" };
      const response = await fetch("http://h/", {
        to: server.address,
        method: "POST",
        body,
        headers,
      });
      expect([response.status, await response.text()]).toEqual([413, ""]);
      await eventually(() => cancelled, (cancelled) => cancelled);
      await noneOpen(server);
    });
  });
}

test("a signal that aborts after the last declared byte of the response changes nothing", async () => {
  const abort = new AbortController();
  // It keeps the connection open, so that nothing but the length says that this was all.
  await using server = await Answering.start((socket) => {
    socket.write("Content-Length: 5\r\n\r\nhello");
  });
  const response = await fetch("http://h/", { to: server.address, signal: abort.signal });
  const reader = response.body!.getReader();
  let text = "";
  while (text.length < 5) text += new TextDecoder().decode((await reader.read()).value);
  abort.abort(new Error("enough"));
  expect([text, (await reader.read()).done]).toEqual(["hello", true]);
  await noneOpen(server);
});

test("a signal that has aborted stops the request before it begins", async () => {
  const signal = AbortSignal.abort(new Error("too late"));
  expect((await failure({ to: 1, signal })).message).toBe("too late");
});

test("a signal that aborts while a body of unknown length is read stops that", async () => {
  const abort = new AbortController();
  let cancelled: unknown;
  const body = new ReadableStream<Uint8Array>({ cancel: (reason) => void (cancelled = reason) });
  const reply = failure({ to: 1, method: "POST", body, signal: abort.signal });
  setTimeout(() => abort.abort(new Error("not wanted")), 10);
  expect((await reply).message).toBe("not wanted");
  expect((cancelled as Error).message).toBe("not wanted");
});

test("an iterable that ends after its upload was given up ends nothing else", async () => {
  for (const headers of [{}, { "content-length": "1000" }]) {
    await using server = await Answering.start(silent);
    const abort = new AbortController();
    let ended = false;
    const body = async function* (): AsyncGenerator<Uint8Array> {
      try {
        yield new Uint8Array(1);
        await new Promise((resolve) => abort.signal.addEventListener("abort", resolve));
      } finally {
        ended = true;
      }
    };
    const { signal } = abort;
    const init = { to: server.address, method: "POST", headers, signal, duplex: "half" };
    const reply = failure({ ...init, body: body() as never } as ScgiRequestInit);
    setTimeout(() => abort.abort(new Error("not wanted")), 20);
    expect((await reply).message).toBe("not wanted");
    await eventually(() => ended, (over) => over);
    // What Node throws it throws in the turn after.
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
});

test("a reply that nobody wants ends the connection", async () => {
  await using server = await Answering.start((socket) => void socket.write("A: b\r\n\r\nfirst"));
  const response = await fetch("http://h/", { to: server.address });
  await response.body!.cancel();
  await noneOpen(server);
});

test("a permission that Deno is not given is an error that says which", async () => {
  const child = spawnScript("deno", ["test/client/forbidden.ts"], { permissions: [] });
  expect([await child.exited, child.stderr]).toEqual([0, ""]);
  expect(child.stdout).toMatch(/^CONNECT_FAILED .*allow-read.*\nCONNECT_FAILED .*allow-net.*\n$/);
});

test("nothing holds the process after all that", async () => {
  const child = spawnScript(here, ["test/client/ends.ts"]);
  await child.until(() => child.stdout.includes("done"), "it was done");
  const end = Promise.race([child.exited, new Promise((resolve) => setTimeout(resolve, 2000))]);
  expect([await end, child.stderr]).toEqual([0, ""]);
});

test.each([...kinds])(
  "a server's refusal reaches an upload of which it takes a part only (%s)",
  async (kind) => {
    const to = kind === "TCP" ? await freePort() : `unix:${temporaryFolder()}/app.sock`;
    const options = { listen: to, maxBodyBytes: 1000, onListen() {} };
    await using server = serve(() => new Response("not asked"), options);
    await server.ready;
    const [piece, pieces] = [new Uint8Array(65_536), 800];
    let sent = 0;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        controller.enqueue(piece);
        if (++sent === pieces) controller.close();
      },
    });
    const headers = { "content-length": String(piece.length * pieces) };
    const response = await fetch("http://h/", { to, method: "POST", body, headers });
    const text = "The body is over 1000 bytes\n";
    expect([response.status, await response.text()]).toEqual([413, text]);
    expect(sent).toBeLessThan(pieces);
  },
);
