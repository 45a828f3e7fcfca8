/** The client with SCGI servers that nobody here wrote; test/other-runtimes/deno.test.ts runs it too. */

import { expect, test } from "bun:test";
import { stateOf } from "../../../examples/rtorrent/torrents.ts";
import { call, Fault } from "../../../examples/rtorrent/xml-rpc.ts";
import { fetch } from "../../../src/client.ts";
import { eventually } from "../../support/eventually.ts";
import { describeWith } from "../../support/require.ts";
import { appServer, appServers, phpWithoutModifier, rtorrent } from "./servers.ts";

for (const [name, { tools, path }] of Object.entries(appServers)) {
  describeWith(tools, `the client with ${name}`, () => {
    test("sends a whole request", async () => {
      const { address } = await appServer(name);
      const response = await fetch("http://example.com/a%20b/%C3%A9?c=d", {
        to: address,
        method: "POST",
        body: "h\xe9",
        headers: { "x-own": "1", "content-type": "text/x-own", cookie: "a=1; b=2" },
        env: { REMOTE_USER: "ada", REMOTE_ADDR: "192.0.2.7" },
      });
      expect([response.status, response.headers.get("content-type")]).toEqual([200, "text/plain"]);
      const lines = (await response.text()).split("\n");
      for (
        const line of [
          "CONTENT_LENGTH=3",
          "CONTENT_TYPE=text/x-own",
          "HTTP_COOKIE=a=1; b=2",
          "HTTP_HOST=example.com",
          "HTTP_X_OWN=1",
          `${path}=/a b/\xe9`,
          "QUERY_STRING=c=d",
          "REMOTE_ADDR=192.0.2.7",
          "REMOTE_USER=ada",
          "REQUEST_METHOD=POST",
          "REQUEST_URI=/a%20b/%C3%A9?c=d",
          "SCGI=1",
          "SERVER_NAME=example.com",
          "SERVER_PORT=80",
          "read=3",
          "body=h\xe9",
        ]
      ) expect(lines).toContain(line);
    });

    test("takes each of its replies", async () => {
      const { address } = await appServer(name);
      const ask = (path: string) => fetch(`http://h${path}`, { to: address });
      const missing = await ask("/missing");
      expect([missing.status, await missing.text()]).toEqual([404, "nothing\n"]);
      // PSGI, Rack and PHP give the status alone.
      expect(missing.statusText).toMatch(/^Not (Here|Found)$/);
      const moved = await ask("/moved");
      expect([moved.status, moved.headers.get("location")]).toEqual([302, "/echo"]);
      expect((await ask("/cookies")).headers.getSetCookie()).toEqual(["a=1", "b=2"]);
      expect((await (await ask("/large")).arrayBuffer()).byteLength).toBe(5_000_000);
    });

    test("sends a large upload, of known and of unknown length", async () => {
      const { address } = await appServer(name);
      const blob = new Blob([new Uint8Array(3_000_000)]);
      for (const body of [blob, blob.stream()]) {
        const response = await fetch("http://h/", { to: address, method: "PUT", body });
        expect(await response.text()).toContain("\nread=3000000\n");
      }
    });
  });
}

const PYTHON = "uWSGI (Python)";
describeWith(appServers[PYTHON]!.tools, "uWSGI as Debian has it", () => {
  test("drops a head over 4096 bytes, and the failure says which setting", async () => {
    const { address } = await appServer(PYTHON);
    const ask = (length: number) =>
      fetch("http://h/", {
        to: address,
        headers: { cookie: "x".repeat(length) },
        replyTimeout: 5000,
      });
    expect((await ask(3500)).status).toBe(200);
    // Not `expect().rejects`, in which Bun loses the end of a child process.
    const error = await ask(5000).catch((error) => error);
    expect(error.message).toMatch(/without a byte.*buffer-size/);
  });

  test("sends nothing where its app fails, and the failure says so", async () => {
    const { address } = await appServer(PYTHON);
    const error = await fetch("http://h/fails", { to: address }).catch((error) => error);
    expect(error.message).toMatch(/without a byte.*its log.*the app has failed/i);
  });
});

describeWith(phpWithoutModifier.tools, "uWSGI with PHP", () => {
  test("needs its modifier, which the failure names", async () => {
    await using server = await phpWithoutModifier.start();
    for (const init of [{}, { method: "POST", body: new Uint8Array(300_000) }]) {
      const error = await fetch("http://h/", { to: server.address, ...init })
        .catch((error) => error);
      expect(error.code).toBe("REPLY_INVALID");
      expect(error.message).toMatch(/without a byte.*--scgi-modifier1 14 for PHP, 6 for Lua/);
    }
  });
});

/** A torrent of one small file; rtorrent takes none without a tracker, be it nowhere. */
const TORRENT: Uint8Array = new TextEncoder().encode(
  "d8:announce19:http://127.0.0.1:1/4:infod6:lengthi5e4:name10:a & b <c>.12:piece lengthi16384e6:pieces20:" +
    `${"x".repeat(20)}7:privatei1eee`,
);

describeWith(rtorrent.tools, "the client with rtorrent", () => {
  test("calls its methods, and is told of its faults", async () => {
    await using server = await rtorrent.start();
    expect(await call(server.address, "system.client_version")).toMatch(/^\d+\.\d+\.\d+$/);
    const methods = await call(server.address, "system.listMethods");
    expect(methods as string[]).toContain("d.multicall2");
    const fault = await call(server.address, "no.such.method").catch((error) => error);
    expect(fault).toBeInstanceOf(Fault);
    expect(await stateOf(server.address)).toMatchObject({ down: 0, up: 0, torrents: [] });

    await call(server.address, "load.raw", "", TORRENT);
    const { torrents } = await eventually(
      () => stateOf(server.address),
      ({ torrents }) => torrents.length > 0,
    );
    expect(torrents).toEqual([{ name: "a & b <c>.", state: "stopped", size: 5, done: 0 }]);
  });
});
