/** Requests that end in every way, with the time-outs of everyday: none of them holds the process. */

import net from "node:net";
import { fetch } from "../../src/client.ts";

const replies = [
  "",
  "garbage\n\n",
  "Status: 200 OK\r\n\r\nbody",
  "Content-Length: 4\r\n\r\nbody",
  "Content-Length: 9\r\n\r\nbody",
  "Status: 204\r\n\r\n",
];
const server = net.createServer((socket) => {
  socket.on("error", () => {});
  socket.once("data", (data) => {
    const reply = /REQUEST_URI\0\/([0-9]*)/.exec(String(data))?.[1];
    if (reply) socket.end(replies[Number(reply)]!);
  });
  socket.unref();
});
server.listen(0, "127.0.0.1", async () => {
  const { port: to } = server.address() as net.AddressInfo;
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
  await Promise.allSettled([...reads, given, slow, unsent, fetch("http://h/", { to: 1 })]);
  server.close();
  console.log("done");
});
