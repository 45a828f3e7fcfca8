/**
 * The browser's address behind nginx, over both kinds of socket: neither the address of nginx, nor
 * nothing at all as a Unix socket would have it. Hono's ipRestriction goes by it.
 */

import { describe, expect, test } from "bun:test";
import { request } from "node:http";
import { ipRestriction } from "hono/ip-restriction";
import { Hono } from "hono";
import { getConnInfo } from "../../src/cgi/conn-info.ts";
import { serveBehind } from "../support/behind.ts";
import { call } from "../support/call.ts";
import { describeWith } from "../support/require.ts";
import { runtimes } from "../support/server.ts";

for (const runtime of runtimes) {
  for (const socket of ["TCP", "Unix socket"] as const) {
    describeWith("nginx", `the browser's address (nginx, ${runtime}, ${socket})`, () => {
      const running = serveBehind((tcp, folder) => {
        const unix = socket !== "TCP";
        const listen = unix ? `unix:${folder}/app.sock` : tcp;
        // nginx started by root gives its workers to www-data, who must be let in.
        const args = unix && process.getuid?.() === 0 ? ["--group", "www-data"] : [];
        return {
          app: { runtime, module: "test/e2e/ip-restriction/app.ts", listen, args },
          web: "nginx",
          lines: `location / { scgi_pass ${listen}; }`,
        };
      });

      /** Asks from an address of this machine, and gives the port that it was asked from as well. */
      const ask = (path: string, localAddress: string, headers: Record<string, string> = {}) =>
        new Promise<{ status: number; text: string; port: number }>((resolve, reject) => {
          let port = 0;
          request({ host: "127.0.0.1", port: running().front.port, path, localAddress, headers })
            .on("socket", (socket) => socket.on("connect", () => (port = socket.localPort ?? 0)))
            .on("error", reject)
            .on("response", async (reply) => {
              let text = "";
              for await (const chunk of reply) text += String(chunk);
              resolve({ status: reply.statusCode ?? 0, text, port });
            })
            .end();
        });

      test.each(["127.0.0.1", "127.0.0.2"])("is told: %s", async (address) => {
        const { text, port } = await ask("/who", address);
        expect(JSON.parse(text)).toEqual({ address, addressType: "IPv4", port, transport: "tcp" });
      });

      const cases: [path: string, from: string, status: number][] = [
        ["/allowed", "127.0.0.1", 200],
        ["/allowed", "127.0.0.2", 403],
        ["/denied", "127.0.0.1", 403],
        ["/denied", "127.0.0.2", 200],
        ["/network", "127.0.0.3", 200],
        ["/network", "127.0.0.4", 403],
      ];
      test.each(cases)("goes with ipRestriction: %s from %s is %i", async (path, from, status) => {
        expect((await ask(path, from)).status).toBe(status);
      });

      test("is not what a header says", async () => {
        const headers = { "remote-addr": "127.0.0.1", "x-forwarded-for": "127.0.0.1" };
        expect((await ask("/allowed", "127.0.0.2", headers)).status).toBe(403);
      });
    });
  }
}

describe("ipRestriction", () => {
  const app = new Hono();
  app.use(ipRestriction(getConnInfo, { allowList: ["2001:db8::/32", "192.0.2.1"] }));
  app.get("/", (c) => c.text("let in"));
  const status = async (variables: Record<string, string>) =>
    (await call(app, { variables })).status;

  test("knows IPv6 addresses", async () => {
    expect(await status({ REMOTE_ADDR: "2001:db8::7" })).toBe("200 OK");
    expect(await status({ REMOTE_ADDR: "2001:db9::7" })).toBe("403 Forbidden");
  });

  test("lets nobody in whose address is not told", async () => {
    expect(await status({})).toBe("403 Forbidden");
    expect(await status({ REMOTE_ADDR: "" })).toBe("403 Forbidden");
  });
});
