/**
 * How the web servers use FastCGI's connections, which examples/choosing tells: a server here counts
 * them, and how many requests each has at a time.
 */

import { Buffer } from "node:buffer";
import { createServer, type Server, type Socket } from "node:net";
import { expect, test } from "bun:test";
import { freePort } from "../support/address.ts";
import { type FrontName, startFront } from "../support/front.ts";
import { describeWith } from "../support/require.ts";

const [BEGIN, END, STDIN, STDOUT] = [1, 3, 5, 6];
const HEADER_BYTES = 8;
const REPLY = "Content-Type: text/plain\r\nContent-Length: 2\r\n\r\nok";

/** What was seen of the connections. */
interface Seen {
  connections: number;
  requests: number;
  /** The most requests of one connection that were open at a time. */
  together: number;
}

function record(type: number, id: number, content = ""): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header[0] = 1;
  header[1] = type;
  header.writeUInt16BE(id, 2);
  header.writeUInt16BE(content.length, 4);
  return Buffer.concat([header, Buffer.from(content, "latin1")]);
}

/** Answers each request a while after it is whole, and keeps the connection where it is told to. */
function answerOn(socket: Socket, seen: Seen): void {
  const open = new Map<number, { kept: boolean }>();
  let bytes: Buffer = Buffer.alloc(0);
  seen.connections++;
  socket.on("error", () => {});
  socket.on("data", (more: Buffer) => {
    bytes = Buffer.concat([bytes, more]);
    while (bytes.length >= HEADER_BYTES) {
      const [type, id, length] = [bytes[1]!, bytes.readUInt16BE(2), bytes.readUInt16BE(4)];
      const end = HEADER_BYTES + length + bytes[6]!;
      if (bytes.length < end) return;
      if (type === BEGIN) {
        open.set(id, { kept: (bytes[HEADER_BYTES + 2]! & 1) === 1 });
        seen.requests++;
        seen.together = Math.max(seen.together, open.size);
      } else if (type === STDIN && length === 0) setTimeout(() => answer(id), 100);
      bytes = bytes.subarray(end);
    }
  });
  const answer = (id: number) => {
    const kept = open.get(id)!.kept;
    open.delete(id);
    socket.write(Buffer.concat([
      record(STDOUT, id, REPLY),
      record(STDOUT, id),
      record(END, id, "\0".repeat(8)),
    ]));
    if (!kept) socket.end();
  };
}

const apache = "LoadModule proxy_fcgi_module /usr/lib/apache2/modules/mod_proxy_fcgi.so\n";
const nginx = "location / { include /etc/nginx/fastcgi_params; fastcgi_pass";

/** Their lines for a server at a port, and whether they keep its connections. */
const cases: [name: FrontName, title: string, lines: (port: number) => string, keeps: boolean][] = [
  ["nginx", "as it is", (port) => `${nginx} 127.0.0.1:${port}; }`, false],
  [
    "nginx",
    "with fastcgi_keep_conn",
    // An upstream stands outside of the server that the lines are put into.
    (port) =>
      `${nginx} kept; fastcgi_keep_conn on; } } upstream kept { server 127.0.0.1:${port}; keepalive 8;`,
    true,
  ],
  [
    "lighttpd",
    "as it is",
    (port) =>
      `server.modules += ( "mod_fastcgi" )\nfastcgi.server = ( "/" => ` +
      `(( "host" => "127.0.0.1", "port" => ${port}, "check-local" => "disable" )) )`,
    false,
  ],
  ["apache", "as it is", (port) => `${apache}ProxyPass / fcgi://127.0.0.1:${port}/`, false],
  [
    "apache",
    "with enablereuse",
    (port) => `${apache}ProxyPass / fcgi://127.0.0.1:${port}/ enablereuse=on`,
    true,
  ],
];

for (const [name, title, lines, keeps] of cases) {
  describeWith(name, `${name} ${title}`, () => {
    const what = keeps ? "keeps connections" : "has a connection for each request";
    test(`${what}, and one request at a time on each`, async () => {
      const seen: Seen = { connections: 0, requests: 0, together: 0 };
      const port = await freePort();
      const server: Server = createServer((socket) => answerOn(socket, seen));
      await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
      try {
        await using front = await startFront(name, lines(port));
        for (let turn = 0; turn < 3; turn++) {
          await Promise.all([1, 2, 3, 4].map(async () => {
            expect(await (await fetch(front.origin)).text()).toBe("ok");
          }));
        }
        expect([seen.requests, seen.together]).toEqual([12, 1]);
        expect(seen.connections < seen.requests).toBe(keeps);
      } finally {
        server.close();
      }
    });
  });
}
