/** `scgi gateway`, on either runtime. */

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { setTimeout as sleep } from "node:timers/promises";
import { run } from "../../../src/cli/commands/gateway.ts";
import { freePort, temporaryFolder } from "../../support/address.ts";
import { eventually } from "../../support/eventually.ts";
import { exchange, RawConnection } from "../../support/raw-http.ts";
import {
  runtimes,
  type ServerProcess,
  spawnScript,
  startScript,
  startServer,
} from "../../support/server.ts";

let app: ServerProcess;
let address: string;
beforeAll(async () => {
  address = `unix:${temporaryFolder()}/app.sock`;
  app = await startServer({ runtime: "bun", module: "test/cli/commands/app.ts", listen: address });
});
afterAll(() => app?.stop());

describe.each([...runtimes])("scgi gateway (%s)", (runtime) => {
  const start = (to: string, ...words: string[]) =>
    startScript(runtime, ["src/cli.ts", "gateway", to, ...words]);
  let gateway: ServerProcess;
  let port: number;
  let origin: string;
  beforeAll(async () => {
    port = await freePort();
    origin = `http://127.0.0.1:${port}`;
    gateway = await start(address, "--http", String(port));
  });
  afterAll(() => gateway?.stop());

  test("says where it is, and who is behind it", async () => {
    await eventually(gateway.stdout, (text) => text.includes("Open "));
    expect(gateway.stdout()).toBe(
      `Listening on 127.0.0.1:${port} (HTTP)\nOpen ${origin}/ for the SCGI server at ${address}\n`,
    );
  });

  test("passes requests and replies on, and writes a line for each", async () => {
    const init = { method: "POST", body: "abc", headers: { "user-agent": 'a"b', "x-own": "1" } };
    const text = await (await fetch(`${origin}/a%20b?c`, init)).text();
    const { method, url, headers, env, body } = JSON.parse(text);
    expect([method, url, body]).toEqual(["POST", `${origin}/a%20b?c`, "abc"]);
    expect(headers["x-own"]).toBe("1");
    expect(env).toMatchObject({
      REMOTE_ADDR: "127.0.0.1",
      REMOTE_PORT: expect.stringMatching(/^[0-9]+$/),
      GATEWAY_INTERFACE: "CGI/1.1",
      SCRIPT_NAME: "",
      PATH_INFO: "/a b",
    });
    expect((await fetch(`${origin}/status?is=418`)).status).toBe(418);
    expect((await fetch(`${origin}/a`, { method: "HEAD" })).status).toBe(200);
    const lines = await eventually(
      () => gateway.stdout().split("\n").slice(2, -1),
      ({ length }) => length === 3,
    );
    const bytes = new TextEncoder().encode(text).length;
    const time = String.raw`\[\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d \+0000\]`;
    expect(lines[0]).toMatch(
      new RegExp(
        `^127\\.0\\.0\\.1 - - ${time} "POST /a%20b\\?c HTTP/1\\.1" 200 ${bytes} "-" "a\\\\x22b" \\d+ms$`,
      ),
    );
    expect(lines[1]).toMatch(/ "GET \/status\?is=418 HTTP\/1\.1" 418 9 /);
    expect(lines[2]).toMatch(/ "HEAD \/a HTTP\/1\.1" 200 - /);
  });

  test("passes a stream on while it comes", async () => {
    const reader = (await fetch(`${origin}/quiet`)).body!.getReader();
    expect(new TextDecoder().decode((await reader.read()).value)).toBe("first\n");
    await reader.cancel();
  });

  test("keeps the length of HEAD", async () => {
    const { status, headers } = await exchange(
      port,
      "HEAD /status?is=200 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
    );
    expect([status, new Map(headers).get("content-length")]).toEqual([200, "9"]);
  });

  test("takes an upload of unknown length", async () => {
    const { status, body } = await exchange(
      port,
      "POST / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n" +
        "3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n",
    );
    expect([status, JSON.parse(body)]).toMatchObject([200, {
      body: "abcdefg",
      env: { CONTENT_LENGTH: "7" },
    }]);
  });

  test("tells the app of a browser that leaves", async () => {
    const aborts = () => app.stdout().split("aborted").length;
    const before = aborts();
    const connection = new RawConnection(port);
    await connection.send("GET /hangs HTTP/1.1\r\nHost: h\r\n\r\n");
    await sleep(100);
    connection.leave();
    await eventually(aborts, (count) => count > before);
  });

  test("breaks off what the app breaks off", async () => {
    const { status, body, complete } = await exchange(
      port,
      "GET /breaks HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
    );
    expect([status, body, complete]).toEqual([200, "first\n", false]);
  });

  test("answers 502 and says why where nothing is behind it, under its base path alone", async () => {
    const [to, at] = [await freePort(), await freePort()];
    await using lonely = await start(String(to), "--http", String(at), "--base-path", "/app");
    const missing = await fetch(`http://127.0.0.1:${at}/`);
    expect([missing.status, await missing.text()]).toEqual([404, "Not Found\n"]);
    const bad = await fetch(`http://127.0.0.1:${at}/app/`);
    expect([bad.status, await bad.text()]).toEqual([502, "Bad Gateway\n"]);
    await eventually(lonely.stdout, (text) => text.includes('"GET /app/ HTTP/1.1" 502 '));
    expect(lonely.stderr()).toMatch(
      new RegExp(`^scgi: Cannot connect to 127\\.0\\.0\\.1:${to}: [^\n]+ \\(CONNECT_FAILED\\)\n$`),
    );
  });

  test("ends with one line where its port is taken", async () => {
    const words = ["src/cli.ts", "gateway", "4000", "--http", String(port)];
    const child = spawnScript(runtime, words);
    expect([await child.exited, child.stdout]).toEqual([1, ""]);
    expect(child.stderr).toMatch(/^scgi: The HTTP front cannot listen on [^\n]+\n$/);
  });
});

test.each([
  ["needs an address", []],
  ["takes one address", ["4000", "4001"]],
  ["--reply-timeout", ["4000", "--reply-timeout", "1s"]],
  ["--http must be", ["4000", "--http", "unix:/x"]],
  ["basePath", ["4000", "--base-path", "app"]],
  ["fd:3", ["fd:3"]],
])("what scgi gateway cannot do is an error: %s", async (says, words) => {
  await expect(run(words)).rejects.toThrow(says);
});
