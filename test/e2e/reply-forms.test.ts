/** Odd replies of an SCGI server: what web servers make of them, and the client and the gateway too. */

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { fetch } from "../../src/client.ts";
import { gateway } from "../../src/gateway.ts";
import { Answering } from "../support/answering.ts";
import { parseReply, RawConnection } from "../support/raw-http.ts";
import { describeWith } from "../support/require.ts";
import { startWebServer, type WebServer, webServers } from "../support/web-server.ts";
import { bytes } from "../support/wire.ts";

/** Replies that all three web servers pass on alike. */
const passedOn: Record<string, string> = {
  "an empty Content-Length": "Status: 200 OK\r\nContent-Length:\r\n\r\nbody",
  "a Content-Length of spaces": "Status: 200 OK\r\nContent-Length:  \r\n\r\nbody",
  "a Content-Length twice": "Content-Length: 4\r\nContent-Length: 4\r\n\r\nbody",
  "a Content-Length, and an empty one": "Content-Length: 4\r\nContent-Length:\r\n\r\nbody",
  "spaces around a Content-Length": "Status: 200 OK\r\nContent-Length:   4  \r\n\r\nbody",
  "zeros before a Content-Length": "Status: 200 OK\r\nContent-Length: 0004\r\n\r\nbody",
  "spaces around a Status": "Status:   404   Not  Here  \r\n\r\nbody",
  "no reason": "Status: 404\r\n\r\nbody",
  "a status in capitals": "STATUS: 404 Not\r\n\r\nbody",
  "a Status twice": "Status: 404 Not Found\r\nStatus: 404 Not Found\r\n\r\nbody",
  "an empty line first": "\r\nStatus: 404 Not\r\n\r\nbody",
  "an empty head": "\n",
  "lines that end in LF": "Status: 404 Not\nA: b\n\nbody",
  "a name with an underscore": "A_b: c\r\n\r\nbody",
  "bytes over 0x7F": "A: \xe9\r\n\r\nbody",
  "an empty value": "A:\r\n\r\nbody",
  "two Content-Types": "Content-Type: text/plain\r\nContent-Type: text/html\r\n\r\nbody",
  "no body where there may be none": "Status: 204 No Content\r\n\r\nbody",
};

/** Replies that two of them pass on alike. */
const mostlyPassedOn: Record<string, string> = {
  "a colon after the status": "Status: 404: Not Found\r\n\r\nbody",
  "a colon and no reason": "Status: 404:\r\n\r\nbody",
  "a semicolon after the status": "Status: 404; Not\r\n\r\nbody",
  "a comma after the status": "Status: 404, Not\r\n\r\nbody",
  "no space after the status": "Status: 404NotFound\r\n\r\nbody",
  "tabs around a Status": "Status:\t404\tNot\r\n\r\nbody",
  "two Status lines": "Status: 404 Not Found\r\nStatus: 403 Forbidden\r\n\r\nbody",
  "a second Status after other lines": "Status: 200 OK\nA: b\nStatus: 500 Broken\n\nbody",
  "an empty Location": "Location:\r\n\r\nbody",
  "a page of Python's cgitb": "<!--: spam\nContent-Type: text/html\n\n<body><p>Broken",
  "a page of cgitb after a Status": "Status: 500 Broken\n<!--: spam\nA: b\n\n<body><p>Broken",
  "an HTTP status line": "HTTP/1.1 404 Not Here\r\nA: b\r\n\r\nbody",
  "a body that is longer than its length": "Content-Length: 3\r\n\r\nbody\n",
  "a body where its length is none": "Content-Type: a/b\r\nContent-Length: 0\r\n\r\nbody",
};

/** Replies that two of them pass on, with what no Response can have. */
const impossible: Record<string, string> = {
  "a name with a slash": "A/b: c\r\nB: d\r\n\r\nbody",
  "a name in quotes": '"A": c\r\nB: d\r\n\r\nbody',
  "a name of UTF-8": "\xc3\xa9: c\r\nB: d\r\n\r\nbody",
  "a byte order mark": "\xef\xbb\xbfStatus: 404 Not\r\n\r\nbody",
  "status 103": "Status: 103 Early\r\n\r\nbody",
  "status 600": "Status: 600 Beyond\r\n\r\nbody",
  "status 999": "Status: 999\r\n\r\nbody",
};

/** Replies that at most one of them passes on; the others answer with an error of theirs. */
const refused: Record<string, string> = {
  "nothing": "",
  "half a head": "Status: 404 Not\r\nA: b\r\n",
  "half a head without a line break": "Status: 404 Not\r\nA: b",
  "a page without a head": "<html>body</html>\n",
  "a traceback": 'Traceback:\n  File "x.py", line 3\nValueError: x\n',
  "a first line without a colon": "hello world\r\nContent-Type: text/html\r\n\r\nbody",
  "a later line without a colon": "Content-Type: text/html\r\nhello world\r\n\r\nbody",
  "a line without a name": ": value\r\nA: b\r\n\r\nbody",
  "a space before the colon": "Status: 404 Not\r\nA : b\r\n\r\nbody",
  "a name of two words": "A b: c\r\n\r\nbody",
  "a space before the name": " A: b\r\n\r\nbody",
  "a folded line": "A: b\r\n c\r\n\r\nbody",
  "a folded line with a colon": "A: b\r\n\tc: d\r\n\r\nbody",
  "lines that end in CR": "Status: 404 Not\rA: b\r\rbody",
  "lines that end in CR CR LF": "Status: 404 Not\r\r\nA: b\r\r\n\r\r\nbody",
  "a NUL in a name": "A\0: b\r\n\r\nbody",
  "an empty Status": "Status:\r\n\r\nbody",
  "an empty Status after another": "Status: 404 Not\r\nStatus:\r\n\r\nbody",
  "a Status of one digit": "Status: 0\r\n\r\nbody",
  "a Status of two digits": "Status: 42 x\r\n\r\nbody",
  "a Status of words": "Status: OK\r\n\r\nbody",
  "an HTTP status line as Status": "Status: HTTP/1.1 404 Not\r\n\r\nbody",
};

const replies = { ...passedOn, ...mostlyPassedOn, ...impossible, ...refused };
const names = Object.keys(replies);

/** What became of a reply: what was passed on of it, or that it was not. */
type Outcome = { status: number; type: string | null; body: string } | "refused";

describeWith([...webServers], "an odd reply", () => {
  let server: Answering;
  let fronts: WebServer[];
  beforeAll(async () => {
    server = await Answering.start((socket) => {
      const [, number] = /REQUEST_URI\0\/([0-9]+)/.exec(server.received) ?? [];
      socket.end(bytes(number === undefined ? "\n" : replies[names[Number(number)]!]!));
    });
    const site = { listen: `127.0.0.1:${server.address}` };
    fronts = await Promise.all(webServers.map((name) => startWebServer(name, site)));
  }, 30_000);
  afterAll(async () => {
    for (const front of fronts ?? []) await front.stop();
    await server?.[Symbol.asyncDispose]();
  }, 30_000);

  const behind = async ({ port }: WebServer, name: string): Promise<Outcome> => {
    const connection = new RawConnection(port);
    const line = `GET /${names.indexOf(name)} HTTP/1.1\r\n`;
    await connection.send(`${line}Host: h\r\nConnection: close\r\n\r\n`);
    await connection.closed;
    const { headers, body, complete } = parseReply(connection.received);
    // The status line has what nginx was sent: `HTTP/1.1 404: Not Found`.
    const status = Number(/^HTTP\/1\.1 ([0-9]{3})/.exec(connection.received)?.[1]);
    const isOwnError = status >= 500 && !replies[name]!.includes(String(status));
    if (isOwnError || !complete || status < 100 || body.includes("</html>")) return "refused";
    const type = headers.findLast(([name]) => name === "content-type")?.[1] ?? null;
    return { status, type, body };
  };

  const ours = async (name: string): Promise<[client: Outcome, gateway: Outcome]> => {
    const url = `http://h/${names.indexOf(name)}`;
    const to = server.address;
    const seen = async (response: Response): Promise<Outcome> => ({
      status: response.status,
      type: response.headers.get("content-type"),
      body: Buffer.from(await response.arrayBuffer()).toString("latin1"),
    });
    const client = await fetch(url, { to }).then(seen, () => "refused" as const);
    const forwarded = await gateway({ to, onError() {} })(new Request(url));
    return [client, forwarded.status === 502 ? "refused" : await seen(forwarded)];
  };

  /** The outcomes behind all web servers, with how many of them have the most frequent. */
  const most = async (name: string): Promise<[outcome: Outcome, count: number]> => {
    const outcomes = await Promise.all(fronts.map((front) => behind(front, name)));
    const texts = outcomes.map((outcome) => JSON.stringify(outcome));
    const count = (text: string) => texts.filter((other) => other === text).length;
    const text = texts.toSorted((a, b) => count(b) - count(a))[0]!;
    return [JSON.parse(text), count(text)];
  };

  describe("that all web servers pass on is passed on", () => {
    for (const name of Object.keys(passedOn)) {
      test(name, async () => {
        const [outcome, count] = await most(name);
        expect([count, outcome]).toEqual([3, expect.any(Object)]);
        expect(await ours(name)).toEqual([outcome, outcome]);
      });
    }
  });

  describe("that two of them pass on is passed on", () => {
    for (const name of Object.keys(mostlyPassedOn)) {
      test(name, async () => {
        const [outcome, count] = await most(name);
        expect([count, outcome]).toEqual([2, expect.any(Object)]);
        expect(await ours(name)).toEqual([outcome, outcome]);
      });
    }
  });

  describe("that no Response can be is refused", () => {
    for (const name of Object.keys(impossible)) {
      test(name, async () => {
        const [outcome, count] = await most(name);
        expect([count > 1, outcome]).toEqual([true, expect.any(Object)]);
        expect(await ours(name)).toEqual(["refused", "refused"]);
      });
    }
  });

  describe("that most of them refuse is refused", () => {
    for (const name of Object.keys(refused)) {
      test(name, async () => {
        const [outcome, count] = await most(name);
        expect([count > 1, outcome]).toEqual([true, "refused"]);
        expect(await ours(name)).toEqual(["refused", "refused"]);
      });
    }
  });
});
