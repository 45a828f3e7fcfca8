/** SCGI servers that nobody here wrote, asked with `scgi fetch`, and with curl behind `scgi gateway`. */

import { expect, test } from "bun:test";
import { readdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort, temporaryFolder } from "../../support/address.ts";
import { Child } from "../../support/child.ts";
import { eventually } from "../../support/eventually.ts";
import { describeWith, requireTool } from "../../support/require.ts";
import { runtimes, spawnScript, startScript } from "../../support/server.ts";
import { appServer, appServers, rtorrent } from "./servers.ts";

/** What a command wrote to stdout; it has to have succeeded. */
async function output(child: Child): Promise<string> {
  expect([await child.exited, child.stderr]).toEqual([0, ""]);
  return child.stdout;
}

const curl = (...args: string[]): Promise<string> =>
  output(new Child(requireTool("curl"), ["-sS", ...args], { cwd: "/" }));

const XML = "content-type: text/xml";
const VERSION = "<methodCall><methodName>system.client_version</methodName></methodCall>";

const UPLOAD = 300_000;
const upload = join(temporaryFolder(), "upload");
writeFileSync(upload, new Uint8Array(UPLOAD));

for (const runtime of runtimes) {
  const scgi = (...words: string[]) => spawnScript(runtime, ["src/cli.ts", ...words]);
  const startGateway = (to: string, port: number) =>
    startScript(runtime, ["src/cli.ts", "gateway", to, "--http", String(port)]);

  for (const [name, { tools, path }] of Object.entries(appServers)) {
    describeWith([...tools, "curl"], `${name} (${runtime})`, () => {
      const cookie = ["-H", "Cookie: a=1; b=2"];
      const sent = ["-X", "PUT", "-d", "abc", "-H", "X-Own: 1", ...cookie];
      const seen = [
        ...["REQUEST_METHOD=PUT", `${path}=/a b`, "QUERY_STRING=c", "HTTP_X_OWN=1"],
        ...["HTTP_COOKIE=a=1; b=2", "read=3", "body=abc"],
      ];

      test("answers scgi fetch", async () => {
        const { address: to } = await appServer(name);
        const [echo, large, cookies, missing] = await Promise.all([
          output(scgi("fetch", to, "/a%20b?c", ...sent, "--env", "REMOTE_USER=ada")),
          output(scgi("fetch", to, "/", "--data-file", upload)),
          output(scgi("fetch", to, "/cookies", "-i")),
          output(scgi("fetch", to, "/missing", "-i")),
        ]);
        for (const line of [...seen, "REMOTE_USER=ada"]) expect(echo).toContain(`${line}\n`);
        expect(large).toContain(`REQUEST_METHOD=POST\n`);
        expect(large).toContain(`read=${UPLOAD}\n`);
        expect(cookies).toMatch(/\r\nset-cookie: a=1\r\nset-cookie: b=2\r\n/);
        expect(missing.replace("Found", "Here"))
          .toBe("HTTP/1.1 404 Not Here\r\ncontent-type: text/plain\r\n\r\nnothing\n");
      });

      test("answers curl behind scgi gateway", async () => {
        const { address } = await appServer(name);
        const port = await freePort();
        const origin = `http://127.0.0.1:${port}`;
        await using gateway = await startGateway(address, port);
        const [echo, large, missing, moved, cookies, size] = await Promise.all([
          curl(`${origin}/a%20b?c`, ...sent),
          curl(`${origin}/`, "--data-binary", `@${upload}`),
          curl("-o", "/dev/null", "-w", "%{http_code}", `${origin}/missing`),
          curl("-i", `${origin}/moved`),
          curl("-i", `${origin}/cookies`),
          curl("-o", "/dev/null", "-w", "%{size_download}", `${origin}/large`),
        ]);
        for (const line of [...seen, "REMOTE_ADDR=127.0.0.1", "SERVER_NAME=127.0.0.1"]) {
          expect(echo).toContain(`${line}\n`);
        }
        expect(large).toContain(`read=${UPLOAD}\n`);
        expect(missing).toBe("404");
        expect(moved).toMatch(/^HTTP\/1\.1 302 [^]*\nlocation: \/echo\r/i);
        expect(cookies).toMatch(/set-cookie: a=1\r\nset-cookie: b=2\r/i);
        expect(size).toBe("5000000");
        for (
          const line of [/"PUT \/a%20b\?c HTTP\/1\.1" 200 .* \d+ms\n/, /"GET \/missing .*" 404 /]
        ) {
          await eventually(gateway.stdout, (lines) => line.test(lines));
        }
        expect(gateway.stderr()).toBe("");
      });
    });
  }

  describeWith([...rtorrent.tools, "curl"], `rtorrent (${runtime})`, () => {
    test("answers scgi fetch, and curl behind scgi gateway", async () => {
      await using server = await rtorrent.start();
      const data = ["-H", XML, "-d", VERSION];
      expect(await output(scgi("fetch", server.address, "/RPC2", ...data)))
        .toMatch(/<string>\d+\.\d+\.\d+<\/string>/);
      const port = await freePort();
      await using _gateway = await startGateway(server.address, port);
      expect(await curl(`http://127.0.0.1:${port}/RPC2`, ...data))
        .toMatch(/<string>\d+\.\d+\.\d+<\/string>/);
    });

    test("shows its state on the page of examples/rtorrent", async () => {
      await using server = await rtorrent.start();
      const [listen, port] = [await freePort(), await freePort()];
      const binding = ["--binding", `RTORRENT=${server.address}`, "--http", String(port)];
      const words = ["serve", "examples/rtorrent/app.ts", "--listen", String(listen), ...binding];
      await using _app = await startScript(runtime, ["src/cli.ts", ...words]);
      expect(await curl(`http://127.0.0.1:${port}/`)).toMatch(/<h1>rtorrent \d+\.\d+\.\d+<\/h1>/);
    });
  });
}

describeWith(rtorrent.tools, "rtorrent with the configuration of its example", () => {
  test("has no socket of the network", async () => {
    await using server = await rtorrent.start();
    expect(networkSockets(server.pid)).toEqual([]);
  });
});

/** The lines of /proc/net that are about sockets of a process. */
function networkSockets(pid: number): string[] {
  const inodes = readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    const target = readlinkSync(`/proc/${pid}/fd/${fd}`);
    return /^socket:\[([0-9]+)\]$/.exec(target)?.[1] ?? [];
  });
  expect(inodes.length).toBeGreaterThan(0);
  return ["tcp", "tcp6", "udp", "udp6"]
    .flatMap((protocol) => readFileSync(`/proc/${pid}/net/${protocol}`, "utf8").split("\n"))
    .filter((line) => inodes.some((inode) => line.includes(` ${inode} `)));
}
