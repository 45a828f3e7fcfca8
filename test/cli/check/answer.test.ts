/** What `scgi check` says of servers that answer, in any protocol, and of those that do not. */

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import process from "node:process";
import { checkAddress } from "../../../src/cli/check/address.ts";
import type { Finding } from "../../../src/cli/check/finding.ts";
import { covers, tcpListeners } from "../../../src/cli/check/listeners.ts";
import { findUser } from "../../../src/cli/check/user.ts";
import { serve } from "../../../src/mod.ts";
import { answers, freePort, removeFolder, temporaryFolder } from "../../support/address.ts";
import { Child } from "../../support/child.ts";
import { describeWith, requireTool } from "../../support/require.ts";

const stack = new AsyncDisposableStack();
let folder: string;
beforeAll(() => {
  folder = stack.adopt(temporaryFolder(), removeFolder);
});
afterAll(() => stack.disposeAsync());

function check(
  address: { hostname: string; port: number } | { unix: string },
  more: { limitMs?: number; bufferBytes?: number } = {},
): Promise<Finding[]> {
  const self = findUser();
  const question = { user: self, self, limitMs: 5000, host: "localhost", bufferBytes: undefined };
  return checkAddress(address, { ...question, ...more });
}
const wrong = (findings: Finding[]) => findings.filter(({ mark }) => mark === "no");
const local = (port: number) => ({ hostname: "127.0.0.1", port });

/** A server of sockets at a free port. */
async function raw(
  onSocket: (socket: Socket) => void,
): Promise<{ port: number } & AsyncDisposable> {
  const port = await freePort();
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket.on("error", () => {}));
    onSocket(socket);
  }).listen(port, "127.0.0.1");
  await once(server, "listening");
  return {
    port,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
const replying = (text: string) => raw((socket) => socket.once("data", () => socket.end(text)));

describe("An SCGI server", () => {
  test("is asked once, and told apart by its status and time", async () => {
    const seen: (string | null)[] = [];
    const port = await freePort();
    await using server = serve((request) => {
      seen.push(`${request.method} ${request.url} ${request.headers.get("user-agent")}`);
      return new Response(null, { status: 404 });
    }, { port });
    await server.ready;
    const findings = await check(local(port));
    expect(wrong(findings)).toEqual([]);
    expect(findings.at(-1)!.text).toMatch(
      /^It speaks SCGI: HEAD \/ is 404 Not Found in [\d.]+ ms$/,
    );
    expect(seen).toEqual([expect.stringMatching(/^HEAD http:\/\/localhost\/ scgi-check\/\d/)]);
  });

  test("whose app fails is wrong, though it speaks SCGI", async () => {
    const port = await freePort();
    await using server = serve(() => new Response(null, { status: 503 }), { port });
    await server.ready;
    const [only] = wrong(await check(local(port)));
    expect(only!.text).toMatch(/^It speaks SCGI, but the app fails: HEAD \/ is 503/);
  });

  test("is told what its head is too long for", async () => {
    const port = await freePort();
    const headers = { "x-long": "a".repeat(20_000) };
    await using server = serve(() => new Response(null, { headers }), { port });
    await server.ready;
    const line = "scgi_buffer_size 20k; scgi_buffers 8 20k;";
    const unknown = await check(local(port));
    expect(wrong(unknown)).toEqual([]);
    expect(unknown.at(-1)).toMatchObject({ mark: "note", mend: [line] });
    const behind = await check(local(port), { bufferBytes: 16_384 });
    expect(behind.at(-1)).toMatchObject({ mark: "no", mend: [line] });
    expect(behind.at(-1)!.text).toMatch(/nginx answers 502 over its 16384$/);
    expect((await check(local(port), { bufferBytes: 32_768 })).at(-1)!.mark).toBe("ok");
  });

  test("that refuses this machine closes unanswered", async () => {
    const port = await freePort();
    await using server = serve(() => new Response(), { port, allow: ["192.0.2.1"] });
    await server.ready;
    expect(wrong(await check(local(port)))[0]!.text).toContain(
      "closes the connection without a byte",
    );
  });
});

describe("A server of something else", () => {
  test("of HTTP is named, whichever runtime it is of", async () => {
    await using started = new AsyncDisposableStack();
    const bun = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response("x") });
    started.defer(() => bun.stop(true));
    const [node, deno] = [await freePort(), await freePort()];
    const root = join(import.meta.dirname, "../../..");
    const scripts = [
      [
        "node",
        "-e",
        `require("node:http").createServer((q, r) => r.end("x")).listen(${node}, "127.0.0.1")`,
      ],
      [
        join(root, "node_modules/.bin/deno"),
        "eval",
        `Deno.serve({ port: ${deno}, hostname: "127.0.0.1" }, () => new Response("x"))`,
      ],
    ] as const;
    for (const [at, [program, ...args]] of scripts.entries()) {
      const child = started.adopt(
        new Child(program, args, { cwd: folder }),
        async (it) => void await it.stop(),
      );
      const port = [node, deno][at]!;
      await child.until(() => answers(port), `it answered at ${port}`);
    }
    for (const port of [bun.port!, node, deno]) {
      const [only] = wrong(await check(local(port)));
      expect(only!.text).toStartWith(`127.0.0.1:${port} answers HTTP, not SCGI.`);
      expect(only!.mend).toContain(`nginx: proxy_pass http://127.0.0.1:${port};`);
    }
  });

  const answersWith: [text: string, says: RegExp][] = [
    ["SSH-2.0-x\r\n", /its answer begins with "SSH-2\.0-x/],
    ["Status: 200 OK\r\nno field\r\n\r\n", /a head that web servers refuse.*"no field"/],
    ["Status: 200 OK\r\n", /its answer begins with "Status: 200 OK/],
  ];
  test.each(answersWith)("that answers %j is quoted", async (text, says) => {
    await using server = await replying(text);
    expect(wrong(await check(local(server.port)))[0]!.text).toMatch(says);
  });

  test("that is silent has taken too long", async () => {
    await using server = await raw(() => {});
    const [only] = wrong(await check(local(server.port), { limitMs: 500 }));
    expect(only!.text).toContain("accepts connections and does not answer within 500 ms");
  }, 15_000);
});

describeWith("uwsgi", "uWSGI", () => {
  const flags = [["uwsgi", "--socket"], ["FastCGI", "--fastcgi-socket"], ["SCGI", "--scgi-socket"]];
  test.each(flags)("that speaks %s is known by its answer", async (name, flag) => {
    const app = join(folder, "app.py");
    writeFileSync(app, "def application(env, start):\n  start('200 OK', [])\n  return [b'']\n");
    const port = await freePort();
    const words = ["--plugin", "python3", flag!, `127.0.0.1:${port}`, "--wsgi-file", app];
    const child = new Child(requireTool("uwsgi"), [...words, "--die-on-term"], { cwd: folder });
    try {
      await child.until(() => /spawned uWSGI worker/.test(child.stderr), "its worker was there");
      // Its FastCGI waits for more of a request of SCGI.
      const findings = await check(local(port), { limitMs: name === "FastCGI" ? 1500 : 5000 });
      if (name === "SCGI") expect(wrong(findings)).toEqual([]);
      else expect(wrong(findings)[0]!.text).toContain(`answers ${name}, not SCGI`);
    } finally {
      await child.stop();
    }
  }, 15_000);
});

describe("Where no server answers", () => {
  test("the port is refused, and a server at another address is named", async () => {
    const port = await freePort();
    const [only] = wrong(await check(local(port)));
    expect(only!.text).toBe(`Nothing listens on 127.0.0.1:${port}`);
    expect(only!.mend).toEqual([`scgi serve app.ts --listen 127.0.0.1:${port}`]);
    await using server = serve(() => new Response(), { hostname: "127.0.0.1", port });
    await server.ready;
    const elsewhere = await check({ hostname: "127.0.0.2", port });
    expect(wrong(elsewhere)).toHaveLength(1);
    expect(elsewhere.at(-1)!.text).toEndWith(
      `listens on 127.0.0.1:${port} instead. Give the web server that address`,
    );
  });

  test("the socket is stale, missing, a file, a folder, or below one that is missing", async () => {
    const at = (name: string) => join(folder, name);
    // The path of a socket whose server was killed.
    const stale = at("stale.sock");
    const child = new Child(requireTool("perl"), [
      "-e",
      "use Socket; socket(S, PF_UNIX, SOCK_STREAM, 0); bind(S, sockaddr_un($ARGV[0])) or die $!",
      stale,
    ], { cwd: folder });
    expect(await child.exited).toBe(0);
    writeFileSync(at("plain"), "");
    const says = async (path: string) => wrong(await check({ unix: path }))[0]!;
    expect(await says(stale)).toEqual({
      mark: "no",
      text: `Nothing listens on unix:${stale}: the server has ended, and left its socket`,
      mend: [expect.stringContaining(`scgi serve app.ts --listen unix:${stale}`)],
    });
    expect((await says(at("none.sock"))).text).toBe(
      `${at("none.sock")} does not exist: no server has made it. Its folder has unix:${stale}`,
    );
    expect(await says(at("plain"))).toMatchObject({
      text: expect.stringContaining("is no socket, and a server does not replace it"),
      mend: [`sudo mv ${at("plain")} ${at("plain")}.old`],
    });
    expect((await says(folder)).mend).toEqual([`scgi check unix:${stale}`]);
    const below = await says(at("a b/c/d.sock"));
    expect(below.text).toBe(`The folder ${at("a b")} does not exist`);
    expect(below.mend![0]).toMatch(/^sudo install -d -o "\$USER" -g \S+ -m 2750 '.*a b\/c'$/);
    expect((await says(at("plain/d.sock"))).text).toContain(`${at("plain")} is no folder`);
  });

  test("the host name is unknown", async () => {
    const [only] = wrong(await check({ hostname: "none.invalid", port: 4000 }));
    expect(only!.text).toBe("The host name none.invalid was not found. Correct the address");
  });
});

test("the address of a listening socket is read as the kernel writes it", async () => {
  const port = await freePort();
  const bound = ["127.0.0.1", "::1", "0.0.0.0"] as const;
  for (const host of bound) {
    const server = createServer().listen(port, host);
    await once(server, "listening");
    const [socket] = tcpListeners(port);
    server.close();
    await once(server, "close");
    expect(socket).toMatchObject({ at: host, uid: process.getuid!() });
    expect(socket!.holders[0]!.pid).toBe(process.pid);
  }
  expect(covers("::", "127.0.0.1")).toBe(true);
  expect(covers("0.0.0.0", "::1")).toBe(false);
  expect(covers("127.0.0.1", "127.0.0.2")).toBe(false);
});
