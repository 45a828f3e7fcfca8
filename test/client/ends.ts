/** Requests that end in every way, with the time-outs of everyday: none of them holds the process. */

import { mkdtempSync, rmSync } from "node:fs";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fetch } from "../../src/client.ts";

const replies = [
  "",
  "garbage\n\n",
  "Status: 200 OK\r\n\r\nbody",
  "Content-Length: 4\r\n\r\nbody",
  "Content-Length: 9\r\n\r\nbody",
  "Status: 204\r\n\r\n",
];
const folder = mkdtempSync(join(tmpdir(), "scgi-ends-"));

async function endAll(where: net.ListenOptions): Promise<void> {
  const server = net.createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", (data) => {
      const reply = /REQUEST_URI\0\/([0-9]*)/.exec(String(data))?.[1];
      if (reply) socket.end(replies[Number(reply)]!);
    });
    socket.unref();
  });
  await new Promise<void>((resolve) => server.listen(where, resolve));
  const address = server.address();
  const to = typeof address === "string" ? { unix: address } : address!.port;
  const reads = replies.map((_, i) =>
    fetch(`http://h/${i}`, { to }).then((response) => response.text())
  );
  const given = fetch("http://h/silent", { to, signal: AbortSignal.timeout(20) });
  const slow = fetch("http://h/silent", { to, replyTimeout: 20 });
  const unsent = fetch("http://h/silent", {
    to,
    method: "POST",
    body: new ReadableStream(),
    headers: { "content-length": "10" },
    signal: AbortSignal.timeout(20),
  });
  const nowhere = [fetch("http://h/", { to: 1 }), fetch("http://h/", { to: "unix:/nowhere" })];
  await Promise.allSettled([...reads, given, slow, unsent, ...nowhere]);
  server.close();
}

await endAll({ host: "127.0.0.1", port: 0 });
await endAll({ path: join(folder, "socket") });
rmSync(folder, { recursive: true });
console.log("done");
