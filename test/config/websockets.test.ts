/** WebSockets through real web servers, by what `scgi config` prints for each. */

import { expect, test } from "bun:test";
import { type ConfigOptions, printConfig } from "../../src/config/mod.ts";
import { freePort } from "../support/address.ts";
import { eventually } from "../support/eventually.ts";
import { startFront } from "../support/front.ts";
import { describeWith } from "../support/require.ts";
import { startScript, startServer } from "../support/server.ts";
import { startWebServer } from "../support/web-server.ts";

const module = "test/behaviour/websocket-app.ts";

/** The text that comes back, and the code of the close. */
async function echo(url: string): Promise<[unknown, number]> {
  const socket = new WebSocket(url);
  const closed = new Promise<number>((resolve) => socket.onclose = ({ code }) => resolve(code));
  socket.onopen = () => socket.send("hello");
  const message = new Promise((resolve) => socket.onmessage = ({ data }) => resolve(data));
  const text = await Promise.race([message, closed]);
  socket.close(1000);
  return [text, await closed];
}

describeWith("nginx", "scgi config nginx", () => {
  // The app makes a WebSocket of whatever asks for one, so the subrequest must not.
  test.each([undefined, "/auth"])("carries WebSockets where --auth is %s", async (auth) => {
    const listen = `127.0.0.1:${await freePort()}`;
    const app = "test/config/upgrading-app.ts";
    const site: ConfigOptions & { listen: string } = { listen, auth };
    await using _server = await startServer({ runtime: "bun", module: app, listen });
    await using web = await startWebServer("nginx", site);
    expect(await echo(`${web.origin.replace("http", "ws")}/echo`)).toEqual(["hello", 1000]);
    expect(web.errors()).toEqual([]);
  });
});

describeWith("apache", "scgi config apache", () => {
  test("names two lines that carry WebSockets to the same process by HTTP", async () => {
    const [listen, http] = [`127.0.0.1:${await freePort()}`, await freePort()];
    const args = ["--http", `${http}`];
    await using server = await startServer({ runtime: "bun", module, listen, args });
    await eventually(server.stdout, (text) => text.includes("Open "));
    const lines = printConfig("apache").match(/(?<=^ +# {3})Proxy.*$/gm) ?? [];
    expect(lines).toHaveLength(2);
    const two = lines.join("\n").replaceAll("/ws", "/echo").replace("8080", `${http}`);
    await using web = await startFront("apache", `${two}\nProxyPass "/" "scgi://${listen}/"`);
    expect(await echo(`${web.origin.replace("http", "ws")}/echo`)).toEqual(["hello", 1000]);
    // Other paths go over SCGI.
    expect(await (await fetch(`${web.origin}/log/none`)).json()).toEqual([]);
  });
});

describeWith("lighttpd", "a lighttpd before 1.4.74 whose server.tag hides its name", () => {
  const HANDSHAKE = {
    connection: "Upgrade",
    upgrade: "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
  };

  test.each(["serve", "run"])(
    "gets 501 by scgi %s --no-upgrades, save at --http",
    async (command) => {
      const [listen, http] = [`127.0.0.1:${await freePort()}`, await freePort()];
      const flags = ["--listen", listen, "--no-upgrades", "--http", `${http}`];
      const app = command === "run" ? "test/run/apps/websockets.ts" : module;
      await using server = await startScript("bun", ["src/cli.ts", command, ...flags, app]);
      await eventually(() => server.stdout() + server.stderr(), (text) => text.includes("Open "));
      const [hostname, port] = listen.split(":");
      await using web = await startFront(
        "lighttpd",
        `server.tag = "web"
scgi.server = ( "/" => (( "host" => "${hostname}", "port" => ${port}, "check-local" => "disable",
  "fix-root-scriptname" => "enable", "upgrade" => "enable" )))`,
      );
      const target = command === "run" ? "/socket/one" : "/echo";
      const reply = await fetch(`${web.origin}${target}`, { headers: HANDSHAKE });
      expect([reply.status, await reply.text()]).toEqual([
        501,
        expect.stringMatching(/^The web server cannot carry a WebSocket over SCGI.*--no-upgrades/),
      ]);
      const [text, code] = await echo(`ws://127.0.0.1:${http}${target}`);
      expect([text, code]).toEqual([command === "run" ? "echo 5" : "hello", 1000]);
    },
  );
});

test("scgi config lighttpd lets WebSockets pass, and switches HTTP/2 off", () => {
  const text = printConfig("lighttpd");
  expect(text).toMatch(/^ +"upgrade" => "enable",$/m);
  expect(text).toMatch(/^server\.feature-flags = \( "server\.h2proto" => "disable" \)$/m);
  const [, idle] = /^server\.max-read-idle = (\d+)$/m.exec(text)!;
  expect(Number(idle)).toBeGreaterThan(50);
});
