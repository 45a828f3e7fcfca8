/** Every form of reply that CGI scripts use, as a Response; and those that are none. */

import { describe, expect, test } from "bun:test";
import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { toDestination } from "../../src/client/destination.ts";
import { fetch } from "../../src/client.ts";
import { fetchFrom } from "../../src/client/fetch.ts";
import { latin1 } from "../../src/scgi/latin1.ts";
import { Answering, kinds } from "../support/answering.ts";
import { eventually } from "../support/eventually.ts";

/** A reply, and what its Response is. */
interface Form {
  reply: string;
  status?: number;
  statusText?: string;
  headers?: Record<string, string>;
  body?: string;
}

const forms: Record<string, Form> = {
  "a Status with its reason": {
    reply: "Status: 404 Not Here\r\nContent-Type: text/plain\r\n\r\nno",
    status: 404,
    statusText: "Not Here",
    headers: { "content-type": "text/plain" },
    body: "no",
  },
  "a Status without a reason": { reply: "Status: 201\r\n\r\n", status: 201 },
  "no Status": {
    reply: "Content-Type: text/html\r\n\r\n<p>",
    headers: { "content-type": "text/html" },
    body: "<p>",
  },
  "a local Location alone": {
    reply: "Location: /elsewhere?a=b\r\n\r\n",
    status: 302,
    headers: { location: "/elsewhere?a=b" },
  },
  "an absolute Location alone": {
    reply: "Location: http://example.com/\n\n",
    status: 302,
    headers: { location: "http://example.com/" },
  },
  "a Location with a Status": {
    reply: "Location: /made\r\nStatus: 201 Created\r\n\r\nit is there",
    status: 201,
    statusText: "Created",
    headers: { location: "/made" },
    body: "it is there",
  },
  "lines that end in LF": {
    reply: "Status: 200 OK\nA: b\n\nbody\n",
    statusText: "OK",
    headers: { a: "b" },
    body: "body\n",
  },
  "lines that end in CR LF and in LF": {
    reply: "Status: 200 OK\nA: b\r\n\nbody",
    statusText: "OK",
    headers: { a: "b" },
    body: "body",
  },
  "an HTTP status line": {
    reply: "HTTP/1.1 403 Forbidden\r\nA: b\r\n\r\nno",
    status: 403,
    statusText: "Forbidden",
    headers: { a: "b" },
    body: "no",
  },
  "an HTTP/1.0 status line, with LF and no reason": {
    reply: "HTTP/1.0 200\n\nbody",
    body: "body",
  },
  "no Content-Length": { reply: "Status: 200\r\n\r\nto the end", body: "to the end" },
  "a Content-Length": {
    reply: "Content-Length: 3\r\n\r\nabc",
    headers: { "content-length": "3" },
    body: "abc",
  },
  "bytes over 0x7F in a header": { reply: "X: \xe9\r\n\r\n", headers: { x: "\xe9" } },
  "a value that ends in UTF-8 of a letter whose last byte looks like a space": {
    reply: "X: voil\xc3\xa0\r\n\r\n",
    headers: { x: "voil\xc3\xa0" },
  },
  "spaces around a value, and none": {
    reply: "A:b\r\nC: \t d \r\n\r\n",
    headers: { a: "b", c: "d" },
  },
  "a control character in its reason": {
    reply: "Status: 200 O\x01K\r\n\r\nbody",
    statusText: "OK",
    body: "body",
  },
  "a redirect, which is not followed": {
    reply: "Status: 301 Moved\r\nLocation: http://127.0.0.1:1/\r\n\r\n",
    status: 301,
    statusText: "Moved",
    headers: { location: "http://127.0.0.1:1/" },
  },
  "a Content-Length that is empty": { reply: "Content-Length: \r\n\r\nbody", body: "body" },
  "a Content-Length twice": {
    reply: "Content-Length: 4\r\nA: b\r\ncontent-length: 4\r\n\r\nbody",
    headers: { a: "b", "content-length": "4" },
    body: "body",
  },
  "a Content-Length twice in one line, and an empty one": {
    reply: "Content-Length: 4, 4\r\nContent-Length:\r\n\r\nbody",
    headers: { "content-length": "4" },
    body: "body",
  },
  "a colon after the status": {
    reply: "Status: 404: Not Found\r\n\r\nno",
    status: 404,
    statusText: "Not Found",
    body: "no",
  },
  "a status that its reason follows at once": {
    reply: "Status: 404;Gone\r\n\r\nno",
    status: 404,
    statusText: "Gone",
    body: "no",
  },
  "two Status lines, of which the last counts": {
    reply: "Status: 200 OK\nA: b\nStatus: 500 Broken\n\nno",
    status: 500,
    statusText: "Broken",
    headers: { a: "b" },
    body: "no",
  },
  "an empty Status before another": {
    reply: "Status:\nStatus: 404 Not\n\nno",
    status: 404,
    statusText: "Not",
    body: "no",
  },
  "two Locations, and two types, of which the last count": {
    reply: "Location: /a\nContent-Type: a/b\nLocation: /c\nContent-Type: c/d\n\n",
    status: 302,
    headers: { location: "/c", "content-type": "c/d" },
  },
  "an empty Location, which redirects nowhere": {
    reply: "Location:\n\nbody",
    headers: { location: "" },
    body: "body",
  },
  "the first line of a page of Python's cgitb": {
    reply: "<!--: spam\nContent-Type: text/html\n\n<body>",
    headers: { "content-type": "text/html" },
    body: "<body>",
  },
  "that line after others": {
    reply: "Status: 500 Broken\n<!--: spam\nContent-Type: text/html\n\n<body>",
    status: 500,
    statusText: "Broken",
    headers: { "content-type": "text/html" },
    body: "<body>",
  },
  "a header block without a header": { reply: "\r\nbody", body: "body" },
};

for (const kind of kinds) {
  describe(`a reply over ${kind}`, () => {
    for (const [name, form] of Object.entries(forms)) {
      test(`may have ${name}`, async () => {
        await using server = await Answering.start(form.reply, kind);
        const response = await fetch("http://h/", { to: server.address });
        expect(response).toBeInstanceOf(Response);
        const { status, statusText } = response;
        expect({
          status,
          statusText,
          headers: Object.fromEntries(response.headers),
          body: await response.text(),
        }).toEqual({ status: 200, statusText: "", headers: {}, body: "", ...rest(form) });
      });
    }
  });
}

function rest({ reply: _, ...expected }: Form): Omit<Form, "reply"> {
  return expected;
}

test("each Set-Cookie stays by itself", async () => {
  await using server = await Answering.start("Set-Cookie: a=1, x\r\nSet-Cookie: b=2\r\n\r\n");
  const { headers } = await fetch("http://h/", { to: server.address });
  expect(headers.getSetCookie()).toEqual(["a=1, x", "b=2"]);
});

test("a reply that comes byte by byte is the same", async () => {
  const reply = "Status: 203 Own\r\nA: b\r\nContent-Length: 4\r\n\r\nbody";
  await using server = await Answering.start(async (socket) => {
    for (const byte of reply) {
      socket.write(byte);
      await sleep(1);
    }
    socket.end();
  });
  const response = await fetch("http://h/", { to: server.address });
  expect([response.status, response.headers.get("a"), await response.text()])
    .toEqual([203, "b", "body"]);
});

test("a reply streams while the server still works on it", async () => {
  let more = (): unknown => undefined;
  await using server = await Answering.start((socket) => {
    socket.write("Status: 200 OK\r\n\r\nfirst");
    more = () => socket.end("second");
  });
  const response = await fetch("http://h/", { to: server.address });
  const reader = response.body!.getReader();
  const decoder = new TextDecoder();
  expect(decoder.decode((await reader.read()).value)).toBe("first");
  more();
  expect(decoder.decode((await reader.read()).value)).toBe("second");
  expect((await reader.read()).done).toBe(true);
});

test("a server is held back while nobody reads its reply", async () => {
  let taken = 0;
  const piece = new Uint8Array(65536);
  await using server = await Answering.start((socket) => {
    socket.write("Status: 200 OK\r\n\r\n");
    const more = (): void => {
      taken += piece.length;
      if (taken < 64 * 1024 * 1024) socket.write(piece, () => more());
      else socket.end();
    };
    more();
  });
  const response = await fetch("http://h/", { to: server.address });
  await sleep(100);
  expect(taken).toBeLessThan(16 * 1024 * 1024);
  await response.body!.cancel();
  await eventually(() => server.open, (open) => open === 0);
});

test("a whole reply is there without the end of the connection, where its length is known", async () => {
  await using server = await Answering.start((socket) =>
    void socket.write("Content-Length: 4\r\n\r\nbody")
  );
  const response = await fetch("http://h/", { to: server.address });
  expect(await response.text()).toBe("body");
  await eventually(() => server.open, (open) => open === 0);
});

test("a whole reply stays whole where the connection is reset after it", async () => {
  await using server = await Answering.start((socket) => {
    socket.write("Content-Length: 4\r\n\r\nbody");
    setTimeout(() => socket.resetAndDestroy(), 50);
  });
  const response = await fetch("http://h/", { to: server.address });
  expect(await response.text()).toBe("body");
});

test("a body that nobody may send ends the connection", async () => {
  const reply = `Status: 200 OK\r\n\r\n${"x".repeat(1_000_000)}`;
  await using server = await Answering.start((socket) => void socket.write(reply));
  const response = await fetch("http://h/", { to: server.address, method: "HEAD" });
  expect(response.body).toBe(null);
  await eventually(() => server.open, (open) => open === 0);
});

/** What is no reply, and the code and a word of the error. */
const broken: Record<string, [reply: string, code: string, says: RegExp]> = {
  "nothing": ["", "REPLY_INVALID", /without a byte/],
  "half a head": ["Status: 200 OK\r\nA: b\r\n", "REPLY_INVALID", /inside its header/],
  "garbage": ["\x00\xff\x17 hello\n\n", "REPLY_INVALID", /not a header line/],
  "a line without a colon": ["Status: 200 OK\r\nhello\r\n\r\n", "REPLY_INVALID", /"hello"/],
  "a name that is none": ["A b: c\r\n\r\n", "REPLY_INVALID", /"A b: c"/],
  "a Status that is no number": ["Status: fine\r\n\r\n", "REPLY_INVALID", /"fine"/],
  "a folded line": ["A: b\r\n c: d\r\n\r\n", "REPLY_INVALID", /" c: d"/],
  "a line without a name": [": b\r\n\r\n", "REPLY_INVALID", /": b"/],
  "a Status of two digits": ["Status: 42 Few\r\n\r\n", "REPLY_INVALID", /"42 Few"/],
  "a Status of four digits": ["Status: 2000 Many\r\n\r\n", "REPLY_INVALID", /"2000 Many"/],
  "two lengths": ["Content-Length: 4\nContent-Length: 3\n\nbody", "REPLY_INVALID", /"4, 3"/],
  "a Content-Length that is no number": ["Content-Length: -1\r\n\r\n", "REPLY_INVALID", /"-1"/],
  "status 101": ["Status: 101 Switching\r\n\r\n", "REPLY_STATUS", /101/],
  "status 199": ["HTTP/1.1 199 Early\r\n\r\n", "REPLY_STATUS", /199/],
  "status 600": ["Status: 600 Beyond\r\n\r\n", "REPLY_STATUS", /600/],
  "status 999": ["Status: 999\r\n\r\n", "REPLY_STATUS", /999/],
};

describe("no reply is", () => {
  for (const [name, [reply, code, says]] of Object.entries(broken)) {
    test(name, async () => {
      await using server = await Answering.start(reply);
      const error = await fetch("http://h/", { to: server.address }).catch((error) => error);
      expect([error.name, error.code, error.status]).toEqual(["ScgiError", code, 502]);
      expect(error.message).toMatch(says);
      await eventually(() => server.open, (open) => open === 0);
    });
  }
});

describe("the bytes of a reply", () => {
  const raw = ({ address }: Answering) => ({ ...toDestination(address, {}), raw: true });
  for (const [name, { reply }] of Object.entries(forms)) {
    test(`are there as they came, with ${name}`, async () => {
      await using server = await Answering.start(reply);
      const response = await fetchFrom(raw(server), "http://h/", {});
      expect(latin1(new Uint8Array(await response.arrayBuffer()))).toBe(reply);
    });
  }
  for (const [name, [reply]] of Object.entries(broken)) {
    if (reply === "") continue;
    test(`are there as they came, where that is ${name}`, async () => {
      await using server = await Answering.start(reply);
      const response = await fetchFrom(raw(server), "http://h/", { method: "HEAD" });
      expect(latin1(new Uint8Array(await response.arrayBuffer()))).toBe(reply);
    });
  }
});

test("a body that is shorter than declared fails its reader", async () => {
  await using server = await Answering.start("Content-Length: 5\r\n\r\nbody");
  // The error can come before or after the Response.
  const text = fetch("http://h/", { to: server.address }).then((response) => response.text());
  const error = await text.catch((error) => error);
  expect(error.code).toBe("REPLY_INVALID");
  expect(error.message).toContain("5 bytes");
});

describe("a body that is longer than declared ends with its last declared byte", () => {
  const cases: Record<string, (socket: Socket) => void> = {
    "in one piece": (socket) => void socket.write("Content-Length: 3\r\n\r\nabcd\n"),
    "with the rest of it later": (socket) => {
      socket.write("Content-Length: 3\r\n\r\nabc");
      setTimeout(() => socket.write("d"), 50);
    },
    "in pieces": (socket) => {
      socket.write("Content-Length: 3\r\n\r\na");
      setTimeout(() => socket.write("bcd"), 50);
    },
    "with an endless rest of a server that minds no end": (socket) => {
      socket.removeAllListeners("end");
      socket.write("Content-Length: 3\r\n\r\nabc");
      const more = setInterval(() => socket.write("d".repeat(100_000)), 1);
      socket.on("close", () => clearInterval(more));
    },
  };
  for (const [name, reply] of Object.entries(cases)) {
    test(name, async () => {
      await using server = await Answering.start(reply);
      const response = await fetch("http://h/", { to: server.address });
      expect(await response.text()).toBe("abc");
      await eventually(() => server.open, (open) => open === 0);
    });
  }

  test("which may be none", async () => {
    await using server = await Answering.start("Content-Length: 0\r\n\r\nbody");
    const response = await fetch("http://h/", { to: server.address });
    expect(await response.text()).toBe("");
  });
});
