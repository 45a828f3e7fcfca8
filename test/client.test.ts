/** `fetch()` to SCGI servers that are not ours. */

import { afterEach, expect, test } from "bun:test";
import net, { type AddressInfo } from "node:net";
import { fetch } from "../src/client.ts";
import { eventually } from "./support/eventually.ts";

let server: net.Server | undefined;
let open = 0;

/** A server that answers every request with these bytes, and then closes if told to. */
async function answering(reply: string | Uint8Array, closes = true): Promise<{ port: number }> {
  server = net.createServer((socket) => {
    open++;
    socket.on("close", () => open--).on("error", () => {});
    socket.once("data", () => closes ? socket.end(reply) : socket.write(reply));
    socket.resume();
  });
  await new Promise<void>((resolve) => server!.listen(0, "127.0.0.1", resolve));
  return { port: (server.address() as AddressInfo).port };
}

afterEach(() => {
  server?.close();
});

test("a reply with a control character in its reason is taken without it", async () => {
  const to = await answering("Status: 200 O\x01K\r\n\r\nbody");
  const response = await fetch("http://h/", { to });
  expect([response.status, response.statusText, await response.text()]).toEqual([
    200,
    "OK",
    "body",
  ]);
});

test("a body that nobody may send ends the connection, and leaves none behind", async () => {
  const to = await answering(`Status: 200 OK\r\n\r\n${"x".repeat(4_000_000)}`, false);
  const response = await fetch("http://h/", { to, method: "HEAD" });
  expect(response.body).toBe(null);
  await eventually(() => Promise.resolve(open), (open) => open === 0);
});

test("a body shorter than its content-length fails the request", async () => {
  const to = await answering("Status: 200 OK\r\n\r\n", false);
  const body = new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode("abc"));
      controller.close();
    },
  });
  const init = { to, method: "POST", body, headers: { "content-length": "10" }, duplex: "half" };
  const response = fetch("http://h/", init).then((response) => response.text());
  await expect(response).rejects.toThrow("10 bytes");
});

test("a signal that aborts while the body is read stops the request", async () => {
  const to = await answering("Status: 200 OK\r\n\r\n");
  const abort = new AbortController();
  const body = new ReadableStream({
    async pull(controller) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      abort.abort(new Error("not wanted"));
      controller.close();
    },
  }, { highWaterMark: 0 });
  const init = { to, method: "POST", body, signal: abort.signal, duplex: "half" };
  await expect(fetch("http://h/", init)).rejects.toThrow("not wanted");
});
