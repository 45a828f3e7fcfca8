/** The differences that are meant. All else is a fault. */

import type { Runtime } from "../support/server.ts";
import type { Via } from "./case.ts";
import type { Comparable, Part } from "./compare.ts";
import type { Command } from "./pair.ts";

/** The two replies of a case, in one way and one round. */
export interface Outcome {
  readonly via: Via;
  readonly http: Comparable;
  readonly scgi: Comparable;
}

/** A difference that is meant. */
export interface Meant {
  /** What is otherwise; goes on after "over SCGI". */
  readonly instead: string;
  /** Why. */
  readonly because: string;
  /** Where it is. Everywhere unless set. */
  readonly on?: readonly Runtime[];
  readonly by?: Command;
  readonly via?: Via;
  /** The cases that have it, each by its name; those of which `when` holds unless set. */
  readonly cases?: readonly string[] | RegExp;
  /** Whether two replies have it. */
  readonly when?: (outcome: Outcome) => boolean;
  /** Whether it depends on time, so that no case may have it. */
  readonly sometimes?: true;
  /** The parts that differ. */
  readonly parts: readonly (Part | "headers" | "events")[];
}

const unanswered = ({ http }: Outcome) => http.ending === "nothing" || http.status === 502;
const everything = ["status", "reason", "headers", "body", "ending", "events"] as const;
const DECODED = "a text that is long enough to be compressed ";
const FAILURE = "Internal Server Error\n";
const CONNECTION = ["upgrade", "trailer", "te", "proxy-authenticate", "proxy-connection"];

/** The `href` of a reply that tells it. */
function hrefOf({ body }: Comparable): string | undefined {
  return /^\{"href":"([^"]*)"/.exec(body)?.[1];
}

/** Whether an app has not seen the end of what it gives. */
function lacksEnd(events: readonly string[]): boolean {
  return !events.some((event) => /^(?:cancel|closed|generator is left|abort)/.test(event));
}

/** The Content-Length of a reply. */
function lengthOf({ headers }: Comparable): number | undefined {
  const line = headers.find((line) => line.startsWith("content-length: "));
  return line === undefined ? undefined : Number(line.slice(16));
}

export const meant: readonly Meant[] = [
  {
    instead: "the text of a failure that nothing answers is `Internal Server Error`",
    because: "each runtime has a text of its own, and @hono/node-server shows the error's",
    when: ({ http, scgi }) =>
      scgi.status === 500 && (scgi.body === FAILURE || lengthOf(scgi) === FAILURE.length) &&
      (http.status === 500 || http.body.startsWith("Error: ")),
    parts: ["status", "reason", "body", "header content-type", "header content-length"],
  },
  {
    instead: "the reason is the app's `statusText`, or the one of HTTP's registry",
    because: "the runtimes leave `statusText` out, and have words of their own for some statuses",
    when: ({ http, scgi }) => http.status === scgi.status,
    parts: ["reason"],
  },
  {
    instead: "the fields of a connection are left out",
    because: "the connection is the web server's",
    when: ({ http }) =>
      http.headers.some((line) => CONNECTION.some((name) => line.startsWith(`${name}:`))),
    parts: CONNECTION.map((name): Part => `header ${name}`),
  },
  {
    instead: "the fields that `Connection` names are left out",
    because: "they are the connection's as well",
    cases: ["a field that Connection names"],
    parts: ["header x-own"],
  },
  {
    instead: "the field `Status` is left out",
    because: "it is the status itself in a reply of CGI",
    cases: ["a status as a header"],
    parts: ["header status"],
  },
  {
    instead: "a `Location` without a host is completed beside status 200",
    because: "Apache takes it for a request of its own, and runs it in a loop",
    cases: ["a relative location beside 200"],
    parts: ["header location"],
  },
  {
    instead: "nginx passes the app's `Date` and `Server` on",
    because: "it hides those of HTTP servers alone",
    via: "nginx",
    cases: ["a date of its own", "a server's name of its own"],
    parts: ["header date", "header server"],
  },
  {
    instead: "`X-Accel-Redirect` to another path of the app needs `--url-from path-info`",
    because: "nginx goes on sending the first target as REQUEST_URI",
    via: "nginx",
    cases: ["X-Accel-Redirect"],
    parts: everything,
  },
  {
    instead: "a HEAD of a file has the Content-Type of its GET",
    because: "HTTP asks for it; Bun leaves it out",
    on: ["bun"],
    cases: /^Bun\.file: /,
    when: ({ http, scgi }) =>
      http.body === "" && scgi.body === "" && http.status === scgi.status &&
      http.headers.every((line) => !line.startsWith("content-type:")),
    parts: ["header content-type"],
  },
  {
    instead: "a HEAD of no body declares no length",
    because: "an app that makes no body for HEAD does not say that the one of GET is empty",
    on: ["bun", "deno"],
    when: ({ http, scgi }) =>
      scgi.body === "" && lengthOf(http) === 0 && lengthOf(scgi) === undefined,
    parts: ["header content-length"],
  },
  {
    instead: "a false Content-Length of a string, bytes or a Blob is mended",
    because: "the length is known",
    on: ["deno", "node"],
    cases: /^a length of |^HEAD of .* with a length$/,
    parts: ["header content-length", "body", "ending"],
  },
  {
    instead: "a kept Response keeps its headers",
    because: "an app may keep it; Bun takes them off with the first reply",
    on: ["bun"],
    cases: ["a kept redirect"],
    parts: ["header location"],
  },
  {
    instead: "values of headers are sent in Latin-1, as `fetch` has them",
    because: "@hono/node-server writes them in UTF-8",
    on: ["node"],
    cases: ["a value in Latin-1", "a value that is UTF-8 in Latin-1"],
    parts: ["header x-own"],
  },
  {
    instead: "a stream that fails before its head has left is answered with 500",
    because: "Bun closes the connection without a reply, and Deno cuts off a reply of 200",
    when: (outcome) =>
      outcome.scgi.status === 500 && (unanswered(outcome) || outcome.http.ending === "cut"),
    parts: everything,
  },
  {
    instead: "the head of a stream leaves at once",
    because: "Bun and nginx hold it back until the first chunk, and a browser shows nothing",
    when: ({ http, scgi }) =>
      http.steps.includes("nothing of x-head") && scgi.steps.includes("x-head"),
    parts: ["steps"],
  },
  {
    instead: "a stream that fails before its first chunk is cut off after its head",
    because: "the head has left at once",
    on: ["bun"],
    when: (outcome) => unanswered(outcome) && outcome.scgi.status === 200,
    parts: everything,
  },
  {
    instead: "streams have `X-Accel-Buffering: no`, which nginx takes off",
    because: "nginx passes streams on at once from an HTTP server, but not from an SCGI server",
    via: "straight",
    when: ({ http, scgi }) =>
      scgi.headers.includes("x-accel-buffering: no") &&
      !http.headers.some((line) => line.startsWith("x-accel-buffering:")),
    parts: ["header x-accel-buffering"],
  },
  {
    instead: "a stream without a length that fails looks complete on Unix sockets",
    because: "only a length or a reset tells a web server that a reply is cut off, and Unix " +
      "sockets have no reset",
    by: "serve",
    via: "nginx",
    when: ({ http, scgi }) => http.ending === "cut" && scgi.ending === "complete",
    parts: ["ending"],
  },
  {
    instead: "a stream without a length that fails looks complete on Deno",
    because: "only a length or a reset tells a web server that a reply is cut off, and Deno's " +
      "sockets have no reset",
    on: ["deno"],
    when: ({ http, scgi }) =>
      http.ending === "cut" && scgi.ending === "complete" && scgi.status === http.status,
    parts: ["ending"],
  },
  {
    instead: "`info.completed` rejects where the reply was cut off",
    because: "Deno's documentation says so, and its server resolves it",
    on: ["deno"],
    when: ({ http, scgi }) =>
      http.events.includes("completed resolves") &&
      scgi.events.some((event) => event.startsWith("completed rejects")),
    parts: ["event completed"],
  },
  {
    instead: "error handlers are told of streams that fail after the head has left",
    because: "nothing else tells of them",
    on: ["bun"],
    by: "run",
    when: ({ http, scgi }) => scgi.status === http.status,
    parts: ["event error handler"],
  },
  {
    instead: "the error of a Response that cannot be sent is a `ScgiError`",
    because: "it has a code, and says what to do",
    on: ["bun"],
    by: "run",
    when: ({ http, scgi }) =>
      http.body.startsWith("answered: ") && scgi.body === "answered: ScgiError",
    parts: ["body", "header content-length"],
  },
  {
    instead: "a stream that ends below its declared length is cut off, or answered with 500",
    because: "it has failed, and must not look complete; Bun declares the shorter length",
    on: ["bun"],
    cases:
      /^a (?:short stream|stream that is empty where|stream that is short later)(?: a length is| of a)?/,
    parts: everything,
  },
  {
    instead: "a stream that goes over its declared length is cut off there",
    because: "its length is what the app declares; Bun sends the rest as well",
    on: ["bun"],
    when: ({ http, scgi }) =>
      http.body.length > scgi.body.length && http.body.startsWith(scgi.body) &&
      scgi.ending === "complete" && scgi.status === http.status,
    parts: ["body", "header content-length"],
  },
  {
    instead: "a chunk that is a string or another buffer is sent",
    because: "Bun sends them, and the servers of Deno and Node cut the reply off",
    on: ["deno", "node"],
    when: ({ http, scgi }) =>
      http.ending === "cut" && http.body === "" && scgi.ending === "complete" && scgi.body !== "",
    parts: ["body", "ending", "events"],
  },
  {
    instead: "`Content-Encoding` is left out of what `fetch` has decoded, and the length is mended",
    because: "the body is no longer encoded; browsers fail to decode it",
    when: ({ scgi }) => scgi.body === DECODED.repeat(50),
    parts: ["header content-encoding", "header content-length", "body", "ending"],
  },
  {
    instead: "a HEAD passed on by `fetch` has no `Content-Encoding` either",
    because: "a GET has none",
    on: ["bun", "node"],
    cases: /^HEAD, and fetch of \/(?:gzip|br|deflate|gzip-br)$/,
    parts: ["header content-encoding", "header content-length"],
  },
  {
    instead: "a target that web servers and URLs read as two different paths is refused with 400",
    because: "what one path protects the other opens",
    cases: ["the URL of /%2e%2e/a"],
    parts: everything,
  },
  {
    instead: "`request.url` is what `new URL()` makes of it",
    because: "Deno gives the target as it was sent",
    on: ["deno"],
    when: ({ http, scgi }) => {
      const [one, other] = [hrefOf(http), hrefOf(scgi)];
      return one !== undefined && one === other;
    },
    parts: ["body", "header content-length"],
  },
  {
    instead: "`\\` in a path and bytes beyond ASCII are percent-encoded in `request.url`",
    because: "web servers choose the location by the path as it was sent",
    on: ["bun", "deno"],
    when: ({ scgi }) => /%5C|%C3/.test(hrefOf(scgi) ?? ""),
    parts: ["body", "header content-length"],
  },
  {
    instead: "`Host` is in lower case",
    because: "it is nginx's `$host`, which alone nginx has checked",
    via: "nginx",
    cases: ["the host APP.test"],
    parts: ["body"],
  },
  {
    instead: "`_` in the name of a header is `-`",
    because: "CGI has one variable for both",
    via: "straight",
    cases: [
      "the headers of a request with a name with an underscore",
      "each header of a request with a name with an underscore",
    ],
    parts: ["body", "header content-length"],
  },
  {
    instead: "the headers of a request can be changed",
    because: "they can on Bun and Node",
    on: ["deno"],
    cases: [
      "of a request: a change of its headers",
      "of a request: headers appended",
      "of a request: headers deleted",
    ],
    parts: ["body", "header content-length"],
  },
  {
    instead: "`request.redirect` is `follow`, and `json()` takes a mark of byte order",
    because: "`fetch` has it so",
    on: ["deno"],
    cases: ["of a request: its fields", "JSON with a mark of order, by json()"],
    parts: ["body", "header content-length"],
  },
  {
    instead: "a body that has come can be read after the reply",
    because: "it is there",
    cases: ["a body read after the reply"],
    parts: ["events"],
  },
  {
    instead: "a quiet stream behind a web server on TCP is cancelled after ten seconds",
    because: "a web server that has closed its side of a TCP connection may still take the reply",
    by: "run",
    via: "nginx",
    sometimes: true,
    when: ({ http, scgi }) => http.ending === "left" && lacksEnd(scgi.events),
    parts: ["event cancel", "event closed", "event completed", "event generator", "event abort"],
  },
  {
    instead: "a stream is cancelled with an `AbortError`",
    because: "Deno gives a text, and @hono/node-server nothing",
    when: ({ http }) => http.ending === "left",
    parts: ["event cancel resource closed", "event cancel undefined", "event cancel AbortError"],
  },
  {
    instead: "an upload that is cut off aborts the signal, and reads reject with its reason",
    because: "Deno aborts nothing, and rejects with `BadResource`",
    on: ["deno"],
    cases: /^a sender that leaves in its upload: /,
    parts: [
      "event read rejects BadResource",
      "event read rejects AbortError",
      "event signal AbortError",
      "event completed rejects",
    ],
  },
  {
    instead: "the reason of the signal is an `AbortError`",
    because: "@hono/node-server gives a text",
    on: ["node"],
    cases: /^a sender /,
    parts: [
      ...[
        "event signal Error: aborted",
        "event signal Client connection",
        "event signal AbortError",
      ],
      ...["event reason Error: aborted", "event thrown Error: aborted", "event reason AbortError"],
      ...["event thrown AbortError", "event fetch rejects", "event read rejects Error"],
      ...["event read rejects AbortError"],
    ] as Part[],
  },
  {
    instead: "the signal of a reply that was delivered does not abort",
    because: "nobody has left; @hono/node-server aborts it",
    on: ["node"],
    via: "nginx",
    cases: /^the signal once an? .*stream whose end comes after its length|^a download of/,
    parts: ["event signal Error: aborted"],
  },
  {
    instead: "a HEAD of a `Bun.file` tells the size that the file has now",
    because: "a GET sends that; Bun keeps the first size that it was asked for",
    on: ["bun"],
    cases: /^Bun\.file: HEAD of a kept file /,
    parts: ["header content-length"],
  },
  {
    instead: "a status 101 of the app's own is 500",
    because: "what follows it is no HTTP, which SCGI does not carry",
    via: "straight",
    cases: ["status 101"],
    parts: everything,
  },
  {
    instead: "a handler that returns no Response is answered with 500",
    because:
      "a `return` that was forgotten is a fault; `Bun.serve` answers 204, and `scgi run` too",
    on: ["bun"],
    by: "serve",
    cases: /^a handler that (?:returns|resolves to) /,
    parts: everything,
  },
  {
    instead: "a Response that was sent is refused to HEAD as it is to GET",
    because: "what fails should fail by any method; Bun answers without its length",
    on: ["bun"],
    cases: ["a kept Response that is asked for by HEAD"],
    parts: everything,
  },
  {
    instead: "a Blob with a `Bun.file` in it has the type that its bytes tell",
    because: "a Blob does not tell what it was made of",
    on: ["bun"],
    cases: ["Bun.file: a file in a Blob"],
    parts: ["header content-type"],
  },
  {
    instead: "a file that declares no size, as those of /proc, is read to its end",
    because: "it has content; Bun sends nothing",
    on: ["bun"],
    cases: ["Bun.file: a file of /proc"],
    parts: ["body", "header content-length", "header content-disposition"],
  },
  {
    instead: "a Response that was read in part, or cancelled, is refused",
    because: "what is left of it is not the whole; Deno refuses it as well",
    on: ["bun", "node"],
    cases: ["a Response that was partly read", "a Response whose stream was cancelled"],
    parts: everything,
  },
  {
    instead: "a stream is not cancelled at its declared length",
    because: "what it does after that harms nobody",
    on: ["deno"],
    cases: ["a stream that stays open after its declared length"],
    parts: ["event cancel resource closed"],
  },
  {
    instead: "what inherits from a Request by `Object.create` has none of its properties",
    because: "they are private, as Bun's are",
    on: ["deno", "node"],
    cases: ["of a request: one that inherits from it"],
    parts: ["body", "header content-length"],
  },
  {
    instead: "`onError` is not told of a Response whose body is locked",
    because: "that is found when the body is sent; `Deno.serve` looks before",
    on: ["deno"],
    by: "run",
    cases: ["a Response whose stream is locked later"],
    parts: everything,
  },
  {
    instead: "bytes in `routes` are `application/octet-stream`, as those of a handler are",
    because: "a browser guesses where there is no type; Bun sends none",
    on: ["bun"],
    by: "run",
    cases: /^\w+ \/static\/bytes/,
    parts: ["header content-type"],
  },
  {
    instead: "the signal aborts whenever a sender leaves in a reply",
    because: "Deno's does not where a write is the first to fail",
    on: ["deno"],
    cases: /^a sender that leaves in a reply: /,
    sometimes: true,
    when: ({ scgi }) => scgi.events.includes("signal AbortError"),
    parts: ["event signal AbortError"],
  },
  {
    instead: "a request without a body has `content-length: 0` where its method may have one",
    because: "SCGI always tells a length",
    cases: ["the length of nothing by POST"],
    parts: ["body", "header content-length"],
  },
  {
    instead: "what `fetch` has decoded, made anew with its false length, is cut off at it",
    because: "@hono/node-server sends more than that",
    on: ["node"],
    via: "straight",
    cases: /^fetch of \/(?:gzip|br|deflate|gzip-br), passed on (?:made anew|with its headers)$/,
    parts: ["body", "ending"],
  },
  {
    instead: "the Content-Type is the one of the Response",
    because: "@hono/node-server makes `text/plain; charset=UTF-8` of what has none, and of Blobs",
    on: ["node"],
    when: ({ http }) =>
      http.headers.includes("content-type: text/plain; charset=UTF-8") ||
      !http.headers.some((line) => line.startsWith("content-type:")),
    parts: ["header content-type"],
  },
  {
    instead: "a false Content-Length is mended",
    because: "@hono/node-server sends it, and more or less than it says",
    on: ["node"],
    cases: ["a Blob that lies", "a length that is wrong"],
    parts: everything,
  },
];
