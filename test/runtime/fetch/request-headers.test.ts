/** The Headers of a request, whose fields may be read late: nobody can tell them from others. */

import { describe, expect, test } from "bun:test";
import { inspect } from "node:util";
import { constructRequest as constructWhole, makeRequest } from "../../../src/cgi/request.ts";
import { readVariables } from "../../../src/cgi/variables.ts";
import "../../../src/runtime/chosen.ts";
import { constructRequest as constructLate } from "../../../src/runtime/fetch/construct.ts";
import { Decoder } from "../../../src/scgi/decoder.ts";
import { onBun } from "../../support/runtime.ts";
import { bytes, frame } from "../../support/wire.ts";

type Construct = typeof constructLate;
type Look = (request: Request) => unknown;

const heads: Record<string, string[]> = {
  "of a GET": ["CONTENT_LENGTH", "0", "REQUEST_METHOD", "GET", "CONTENT_TYPE", ""],
  "of a POST": ["CONTENT_LENGTH", "3", "REQUEST_METHOD", "POST", "CONTENT_TYPE", " text/x;a=b "],
  "of a PUT without a body": ["CONTENT_LENGTH", "0", "REQUEST_METHOD", "PUT"],
  "with fields that repeat": [
    ...["CONTENT_LENGTH", "0", "HTTP_X_B", "1", "HTTP_X_B", "2", "HTTP_X-C", "3", "HTTP_X_C", "4"],
    ...["HTTP_COOKIE", "b=2", "HTTP_HOST", "", "CONTENT_TYPE", "text/x", "CONTENT_TYPE", "text/y"],
  ],
  "with odd fields": [
    ...["CONTENT_LENGTH", "0", "HTTP_X_B", " \t spaces around \t", "HTTP_X_C", "", "HTTP_X_D", " "],
    ...["HTTP_X_\xe9", "no token", "HTTP_", "no name", "HTTP_X_E", "a\nb\r\n ", "HTTP_X_F", "\xe9"],
    ...["HTTP_PROXY", "dropped", "HTTP_CONTENT_TYPE", "text/z", "HTTP_SET_COOKIE", "c=3"],
    ...["HTTP_X_LOWER", "l", "HTTP_x_mixed", "m", "HTTP_TRANSFER_ENCODING", "chunked"],
  ],
};

const usual = [
  "HTTP_USER_AGENT",
  "A/1",
  "HTTP_COOKIE",
  "a=1",
  "HTTP_HOST",
  "h",
  "HTTP_ACCEPT",
  "*/*",
];

function make(construct: Construct, pairs: string[]): Request {
  const decoder = new Decoder();
  const body = decoder.push(bytes(frame([...pairs, "SCGI", "1", ...usual], "xyz")));
  const head = decoder.head!;
  const { contentLength } = head;
  const parts = { head, contentLength, body: contentLength === 0 ? null : body };
  const source = { signal: new AbortController().signal, adopt() {} };
  return makeRequest(readVariables(head), parts, source, construct);
}

// The first Request of a process is whole, and a millisecond later it finds out what they are like.
make(constructLate, heads["of a GET"]!);
await new Promise((resolve) => setTimeout(resolve, 20));

const names = [
  ...["accept", "User-Agent", "cookie", "host", "content-type", "Content-Length", "x-b", "x-c"],
  ...["x-d", "x-e", "x-f", "x-lower", "X-MIXED", "proxy", "set-cookie", "transfer-encoding", "no"],
];
const bad = ["", "a b", "x:", "\xe9", "\u20ac"] as string[];

function outcome(action: () => unknown): unknown {
  try {
    return action();
  } catch (error) {
    return `throws ${(error as Error).constructor.name}`;
  }
}

const changes: Record<string, (headers: Headers) => void> = {
  "set()": (headers) => headers.set("X-B", "new"),
  "append()": (headers) => headers.append("cookie", "c=3"),
  "append() of another field": (headers) => headers.append("a-first", "1"),
  "delete()": (headers) => headers.delete("User-Agent"),
};

const looks: Record<string, Look> = {
  "get()": ({ headers }) => names.map((name) => headers.get(name)),
  "get() of what is no name": ({ headers }) => bad.map((name) => outcome(() => headers.get(name))),
  "get() of other values": ({ headers }) =>
    [null, 1, { toString: () => "accept" }, Symbol("accept")]
      .map((name) => outcome(() => headers.get(name as string))),
  "has()": ({ headers }) => names.map((name) => headers.has(name)),
  "getSetCookie()": ({ headers }) => headers.getSetCookie(),
  "an iteration": ({ headers }) => [...headers],
  "two iterations, and get() after them": ({ headers }) => [
    ...[...headers, ...headers],
    headers.get("accept"),
  ],
  "keys() and values()": ({ headers }) => [[...headers.keys()], [...headers.values()]],
  "forEach()": ({ headers }) => {
    const seen: unknown[] = [];
    headers.forEach((value, name, whole) => seen.push([value, name, whole === headers]));
    return seen;
  },
  "a copy": ({ headers }) => [...new Headers(headers)],
  "the headers of a copy": (request) => [...new Request(request).headers],
  "the headers of a copy after get()": (request) => [
    request.headers.get("accept"),
    ...new Request(request).headers,
  ],
  "the headers of a clone": (request) => [...request.clone().headers],
  "the headers of a Request with them": ({ headers }) => [
    ...new Request("http://h/", { headers }).headers,
  ],
  // Bun's getter gives Bun's own Headers, which has the fields once all of them are needed.
  "the runtime's getter, which gives the same": (request) =>
    onBun || Reflect.get(Request.prototype, "headers", request) === request.headers,
  "their class": ({ headers }) => [
    headers instanceof Headers,
    headers.constructor === Headers,
    String(headers),
  ],
  "entries() of which the app has changed one": ({ headers }) => {
    for (const entry of headers) entry[1] = "changed";
    return [...headers.entries()];
  },
  "forEach() with a value for this": ({ headers }) => {
    const seen: unknown[] = [];
    headers.forEach(function (this: unknown) {
      seen.push(this);
    }, headers);
    return seen.every((self) => self === headers);
  },
  "forEach() of what is no function": ({ headers }) => outcome(() => headers.forEach({} as never)),
  "the class and the helpers of an iterator": ({ headers }) => {
    const iterator = headers.entries();
    return [iterator[Symbol.iterator]() === iterator, iterator.map(([name]) => name).toArray()];
  },
  "the headers printed": ({ headers }) => inspect(headers),
  "the headers of a Response with them": (
    { headers },
  ) => [...new Response("", { headers }).headers],
  "their methods": ({ headers }) =>
    Object.keys(Headers.prototype).filter((name) => name in headers),
  "an iterator that has begun when a field comes": ({ headers }) => {
    const iterator = headers[Symbol.iterator]();
    const first = iterator.next();
    headers.append("zz-last", "1");
    return [first, [...iterator].at(-1)];
  },
  ...Object.fromEntries(
    Object.entries(changes).flatMap(([name, change]): [string, Look][] => [
      [`the fields after ${name}`, ({ headers }) => (change(headers), [...headers])],
      [`the fields after an iteration and ${name}`, ({ headers }) => {
        const before = [...headers];
        change(headers);
        return [before, [...headers], headers.get("x-b"), headers.get("user-agent")];
      }],
      [`a copy after ${name}`, (request) => {
        change(request.headers);
        const copies = [request.clone(), new Request(request)];
        return copies.map(({ headers }) => [...headers]);
      }],
      [`a clone before ${name}`, (request) => {
        const clone = request.clone();
        change(request.headers);
        return [[...clone.headers], [...request.headers]];
      }],
    ]),
  ),
};

for (const [kind, pairs] of Object.entries(heads)) {
  describe(`the headers ${kind}`, () => {
    for (const [name, look] of Object.entries(looks)) {
      test(`are as those of a whole request: ${name}`, () => {
        const whole = outcome(() => look(make(constructWhole, pairs)));
        expect(outcome(() => look(make(constructLate, pairs)))).toEqual(whole);
      });
    }
  });
}
