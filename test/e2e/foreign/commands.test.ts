/** SCGI servers that nobody here wrote, asked with `scgi fetch`, and with curl behind `scgi gateway`. */

import { afterAll, beforeAll, expect, test } from "bun:test";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { freePort } from "../../support/address.ts";
import { Child } from "../../support/child.ts";
import { describeWith, requireTool } from "../../support/require.ts";
import { runtimes, type ServerProcess, spawnScript, startScript } from "../../support/server.ts";
import { appServers, type ForeignServer, rtorrent } from "./servers.ts";

/** What a command wrote to stdout; it has to have succeeded. */
async function output(child: Child): Promise<string> {
  expect([await child.exited, child.stderr]).toEqual([0, ""]);
  return child.stdout;
}

const curl = (...args: string[]): Promise<string> =>
  output(new Child(requireTool("curl"), ["-sS", ...args], { cwd: "/" }));

const XML = "content-type: text/xml";
const VERSION = "<methodCall><methodName>system.client_version</methodName></methodCall>";

for (const runtime of runtimes) {
  const scgi = (...words: string[]) => spawnScript(runtime, ["src/cli.ts", ...words]);
  const startGateway = (to: string, port: number) =>
    startScript(runtime, ["src/cli.ts", "gateway", to, "--http", String(port)]);

  for (const [name, { tools, start }] of Object.entries(appServers)) {
    describeWith([...tools, "curl"], `${name} (${runtime})`, () => {
      let server: ForeignServer;
      let gateway: ServerProcess;
      let origin: string;
      beforeAll(async () => {
        server = await start();
        const port = await freePort();
        origin = `http://127.0.0.1:${port}`;
        gateway = await startGateway(server.address, port);
      });
      afterAll(async () => {
        await gateway?.stop();
        await server?.[Symbol.asyncDispose]();
      });

      test("answers scgi fetch", async () => {
        const data = ["-X", "PUT", "-d", "abc", "-H", "X-Own: 1", "--env", "REMOTE_USER=ada"];
        const seen = await output(scgi("fetch", server.address, "/a%20b?c", ...data));
        for (
          const line of [
            ...["REQUEST_METHOD=PUT", "PATH_INFO=/a b", "QUERY_STRING=c", "HTTP_X_OWN=1"],
            ...["REMOTE_USER=ada", "read=3", "body=abc"],
          ]
        ) expect(seen).toContain(`${line}\n`);
        expect(await output(scgi("fetch", server.address, "/missing", "-i")))
          .toBe("HTTP/1.1 404 Not Here\r\ncontent-type: text/plain\r\n\r\nnothing\n");
      });

      test("answers curl behind scgi gateway", async () => {
        const seen = await curl(`${origin}/a%20b?c`, "-X", "PUT", "-d", "abc", "-H", "X-Own: 1");
        for (
          const line of [
            ...["REQUEST_METHOD=PUT", "PATH_INFO=/a b", "QUERY_STRING=c", "HTTP_X_OWN=1"],
            ...["REMOTE_ADDR=127.0.0.1", "SERVER_NAME=127.0.0.1", "read=3", "body=abc"],
          ]
        ) expect(seen).toContain(`${line}\n`);
        expect(await curl("-o", "/dev/null", "-w", "%{http_code}", `${origin}/missing`)).toBe(
          "404",
        );
        expect(await curl("-i", `${origin}/moved`)).toMatch(
          /^HTTP\/1\.1 302 [^]*\nlocation: \/echo\r/i,
        );
        expect(await curl("-i", `${origin}/cookies`)).toMatch(
          /set-cookie: a=1\r\nset-cookie: b=2\r/i,
        );
        expect(await curl("-o", "/dev/null", "-w", "%{size_download}", `${origin}/large`))
          .toBe("5000000");
        expect(gateway.stdout()).toMatch(/"PUT \/a%20b\?c HTTP\/1\.1" 200 .* \d+ms\n/);
        expect(gateway.stdout()).toMatch(/"GET \/missing HTTP\/1\.1" 404 .* \d+ms\n/);
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
