/** The floor on Node: a socket of `node:net` that answers any bytes with a canned reply. */

import { createServer } from "node:net";
import process from "node:process";

const { place, wanted, write, writes, text } = JSON.parse(process.argv[2]);
const next = Buffer.from(text ?? "x".repeat(write));
const head = "Status: 200 OK\r\nContent-Type: text/plain;charset=UTF-8\r\n" +
  `Content-Length: ${write * writes}\r\n\r\n`;
const first = Buffer.concat([Buffer.from(head), next]);

function send(socket, written) {
  let going = true;
  while (going && written < writes) going = socket.write(written++ === 0 ? first : next);
  if (written === writes) socket.destroySoon();
  else socket.once("drain", () => send(socket, written));
}

createServer({ allowHalfOpen: true }, (socket) => {
  let received = 0;
  socket.on("error", () => {}).on("end", () => {}).on("data", (bytes) => {
    const before = received;
    received += bytes.length;
    if (received >= wanted && (before < wanted || before === 0)) send(socket, 0);
  });
}).listen("unix" in place ? { path: place.unix } : { host: "127.0.0.1", port: place.port });
