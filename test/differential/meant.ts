/** The differences that are meant, each with its reason. All else is a fault. */

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
interface Difference {
  /** What is otherwise; goes on after "over SCGI". */
  readonly instead: string;
  /** Why. */
  readonly because: string;
  /** Where it shows. */
  readonly where: readonly Where[];
}

/** Some replies that differ as it is meant. */
interface Where {
  /** Everywhere unless set. */
  readonly on?: readonly Runtime[];
  readonly by?: Command;
  readonly via?: Via;
  /** The cases, each by its name; those of which `when` holds unless set. */
  readonly cases?: readonly string[] | RegExp;
  /** Whether two replies differ so. */
  readonly when?: (outcome: Outcome) => boolean;
  /** Whether it depends on time or on the version of Node, so that no case may have it. */
  readonly sometimes?: true;
  /** The parts that differ. */
  readonly parts: readonly (Part | "headers" | "events")[];
}

/** A difference where it shows. */
export type Meant = Where & Pick<Difference, "instead" | "because">;

const unanswered = ({ http }: Outcome) => http.ending === "nothing" || http.status === 502;
const everything = ["status", "headers", "body", "ending", "events"] as const;
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

const all: readonly Difference[] = [
  {
    instead: "the text of a failure that nothing answers is `Internal Server Error`",
    because: "each runtime has a text of its own, and @hono/node-server shows the error's",
    where: [
      {
        when: ({ http, scgi }) =>
          scgi.status === 500 && (scgi.body === FAILURE || lengthOf(scgi) === FAILURE.length) &&
          (http.status === 500 || http.body.startsWith("Error: ")),
        parts: ["status", "body", "header content-type", "header content-length"],
      },
    ],
  },
  {
    instead:
      "the fields of a connection and `Status` are left out, and a `Location` without a host is completed beside status 200",
    because:
      "the connection is the web server's, and a CGI program gives it orders by the other two",
    where: [
      {
        when: ({ http }) =>
          http.headers.some((line) => CONNECTION.some((name) => line.startsWith(`${name}:`))),
        parts: CONNECTION.map((name): Part => `header ${name}`),
      },
      {
        cases: ["a field that Connection names"],
        parts: ["header x-own"],
      },
      {
        cases: ["a status as a header"],
        parts: ["header status"],
      },
      {
        cases: ["a relative location beside 200"],
        parts: ["header location"],
      },
    ],
  },
  {
    instead:
      "nginx passes the app's `Date` and `Server` on, and `X-Accel-Redirect` to another path of the app needs `--url-from path-info`",
    because:
      "it hides those fields of HTTP servers alone, and goes on sending the first target as REQUEST_URI",
    where: [
      {
        via: "nginx",
        cases: ["a date of its own", "a server's name of its own"],
        parts: ["header date", "header server"],
      },
      {
        via: "nginx",
        cases: ["X-Accel-Redirect"],
        parts: everything,
      },
    ],
  },
  {
    instead:
      "a HEAD declares what its GET would: the type and the present size of a file, and no length of no body",
    because:
      "HTTP asks for it; Bun leaves the type out and keeps the first size, and an app may make no body for HEAD",
    where: [
      {
        on: ["bun"],
        cases: /^Bun\.file: /,
        when: ({ http, scgi }) =>
          http.body === "" && scgi.body === "" && http.status === scgi.status &&
          http.headers.every((line) => !line.startsWith("content-type:")),
        parts: ["header content-type"],
      },
      {
        on: ["bun", "deno"],
        when: ({ http, scgi }) =>
          scgi.body === "" && lengthOf(http) === 0 && lengthOf(scgi) === undefined,
        parts: ["header content-length"],
      },
      {
        on: ["bun"],
        cases: /^Bun\.file: HEAD of a kept file /,
        parts: ["header content-length"],
      },
    ],
  },
  {
    instead: "a false Content-Length of a string, bytes or a Blob is mended",
    because: "the length is known",
    where: [
      {
        on: ["deno", "node"],
        cases: /^a length of |^HEAD of .* with a length$/,
        parts: ["header content-length", "body", "ending"],
      },
      {
        on: ["node"],
        cases: ["a Blob that lies", "a length that is wrong"],
        parts: everything,
      },
    ],
  },
  {
    instead: "values of headers are sent in Latin-1, as `fetch` has them",
    because: "@hono/node-server writes them in UTF-8",
    where: [
      {
        on: ["node"],
        cases: ["a value in Latin-1", "a value that is UTF-8 in Latin-1"],
        parts: ["header x-own"],
      },
    ],
  },
  {
    instead:
      "the head of a stream leaves at once; a stream that fails before that is answered with 500, and cut off after that",
    because:
      "a browser shows nothing until then; Bun holds the head back and closes the connection without a reply, and Deno cuts off a reply of 200",
    where: [
      {
        when: (outcome) =>
          outcome.scgi.status === 500 && (unanswered(outcome) || outcome.http.ending === "cut"),
        parts: everything,
      },
      {
        when: ({ http, scgi }) =>
          http.steps.includes("nothing of x-head") && scgi.steps.includes("x-head"),
        parts: ["steps"],
      },
      {
        on: ["bun"],
        when: (outcome) => unanswered(outcome) && outcome.scgi.status === 200,
        parts: everything,
      },
    ],
  },
  {
    instead: "a stream without a length that fails looks complete on Deno and on Unix sockets",
    because:
      "only a length or a reset tells a web server that a reply is cut off, and these sockets have no reset",
    where: [
      {
        by: "serve",
        via: "nginx",
        when: ({ http, scgi }) => http.ending === "cut" && scgi.ending === "complete",
        parts: ["ending"],
      },
      {
        on: ["deno"],
        when: ({ http, scgi }) =>
          http.ending === "cut" && scgi.ending === "complete" && scgi.status === http.status,
        parts: ["ending"],
      },
    ],
  },
  {
    instead:
      "the declared length of a stream counts: one that ends below it is cut off, or answered with 500, and one that goes over it is cut off there, but not cancelled",
    because:
      "what fails must not look complete, and what comes later harms nobody; Bun declares another length",
    where: [
      {
        on: ["bun"],
        cases:
          /^a (?:short stream|stream that is empty where|stream that is short later)(?: a length is| of a)?/,
        parts: everything,
      },
      {
        on: ["bun"],
        when: ({ http, scgi }) =>
          http.body.length > scgi.body.length && http.body.startsWith(scgi.body) &&
          scgi.ending === "complete" && scgi.status === http.status,
        parts: ["body", "header content-length"],
      },
      {
        on: ["deno"],
        cases: ["a stream that stays open after its declared length"],
        parts: ["event cancel resource closed"],
      },
    ],
  },
  {
    instead: "a chunk that is a string or another buffer is sent",
    because: "Bun sends them, and the servers of Deno and Node cut the reply off",
    where: [
      {
        on: ["deno", "node"],
        when: ({ http, scgi }) =>
          http.ending === "cut" && http.body === "" && scgi.ending === "complete" &&
          scgi.body !== "",
        parts: ["body", "ending", "events"],
      },
    ],
  },
  {
    instead:
      "error handlers are told of streams that fail after the head has left, get a `ScgiError` for a Response that cannot be sent, and do not hear of one whose body is locked",
    because:
      "nothing else tells of the first, the second says what to do, and the third is found when the body is sent",
    where: [
      {
        on: ["bun"],
        by: "run",
        when: ({ http, scgi }) => scgi.status === http.status,
        parts: ["event error handler"],
      },
      {
        on: ["bun"],
        by: "run",
        when: ({ http, scgi }) =>
          http.body.startsWith("answered: ") && scgi.body === "answered: ScgiError",
        parts: ["body", "header content-length"],
      },
      {
        on: ["deno"],
        by: "run",
        cases: ["a Response whose stream is locked later"],
        parts: everything,
      },
    ],
  },
  {
    instead: "what `fetch` has decoded has no `Content-Encoding`, and a length that is true",
    because: "browsers fail to decode it once more",
    where: [
      {
        when: ({ scgi }) => scgi.body === DECODED.repeat(50),
        parts: ["header content-encoding", "header content-length", "body", "ending"],
      },
      {
        on: ["bun", "node"],
        cases: /^HEAD, and fetch of \/(?:gzip|br|deflate|gzip-br)$/,
        parts: ["header content-encoding", "header content-length"],
      },
      {
        on: ["node"],
        via: "straight",
        cases: /^fetch of \/(?:gzip|br|deflate|gzip-br), passed on (?:made anew|with its headers)$/,
        parts: ["body", "ending"],
      },
    ],
  },
  {
    instead:
      "a target that has two meanings is refused with 400, and `\\` in a path and bytes beyond ASCII are percent-encoded in `request.url`",
    because: "web servers choose the location by the path as it was sent",
    where: [
      {
        cases: ["the URL of /%2e%2e/a"],
        parts: everything,
      },
      {
        on: ["bun", "deno"],
        when: ({ scgi }) => /%5C|%C3/.test(hrefOf(scgi) ?? ""),
        parts: ["body", "header content-length"],
      },
    ],
  },
  {
    instead:
      "`_` in the name of a header is `-`, `Host` is in lower case, and a request without a body has `content-length: 0` where its method may have one",
    because:
      "CGI has one variable for both names, nginx has checked its `$host` alone, and SCGI always tells a length",
    where: [
      {
        via: "straight",
        cases: [
          "the headers of a request with a name with an underscore",
          "each header of a request with a name with an underscore",
        ],
        parts: ["body", "header content-length"],
      },
      {
        via: "nginx",
        cases: ["the host APP.test"],
        parts: ["body"],
      },
      {
        cases: ["the length of nothing by POST"],
        parts: ["body", "header content-length"],
      },
    ],
  },
  {
    instead:
      "a request is as `new Request()` makes it: with a normal URL, headers that can be changed, private properties",
    because:
      "Deno's server has the target as it was sent, guards the headers, and has no `redirect`",
    where: [
      {
        on: ["deno"],
        when: ({ http, scgi }) => {
          const [one, other] = [hrefOf(http), hrefOf(scgi)];
          return one !== undefined && one === other;
        },
        parts: ["body", "header content-length"],
      },
      {
        on: ["deno"],
        cases: [
          "of a request: a change of its headers",
          "of a request: headers appended",
          "of a request: headers deleted",
        ],
        parts: ["body", "header content-length"],
      },
      {
        on: ["deno"],
        cases: ["of a request: its fields", "JSON with a mark of order, by json()"],
        parts: ["body", "header content-length"],
      },
      {
        on: ["deno", "node"],
        cases: ["of a request: one that inherits from it"],
        parts: ["body", "header content-length"],
      },
    ],
  },
  {
    instead: "a body that has come can be read after the reply",
    because: "it is there",
    where: [
      {
        cases: ["a body read after the reply"],
        parts: ["events"],
      },
    ],
  },
  {
    instead:
      "a departure is an `AbortError` for the signal, for reads and for the stream, whenever it shows",
    because:
      "libraries ask for that name; Deno gives a text, `BadResource` or nothing, and @hono/node-server a text",
    where: [
      {
        when: ({ http }) => http.ending === "left",
        parts: [
          "event cancel resource closed",
          "event cancel undefined",
          "event cancel AbortError",
        ],
      },
      {
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
        on: ["node"],
        cases: /^a sender /,
        parts: [
          ...[
            "event signal Error: aborted",
            "event signal Client connection",
            "event signal AbortError",
          ],
          ...[
            "event reason Error: aborted",
            "event thrown Error: aborted",
            "event reason AbortError",
          ],
          ...["event thrown AbortError", "event fetch rejects", "event read rejects Error"],
          ...["event read rejects AbortError"],
        ] as Part[],
      },
      {
        on: ["deno"],
        cases: /^a sender that leaves in a reply: /,
        sometimes: true,
        when: ({ scgi }) => scgi.events.includes("signal AbortError"),
        parts: ["event signal AbortError"],
      },
    ],
  },
  {
    instead: "the signal of a reply that was delivered does not abort",
    because: "nobody has left; @hono/node-server aborts it",
    where: [
      {
        on: ["node"],
        via: "nginx",
        cases: /^the signal once an? .*stream whose end comes after its length|^a download of/,
        parts: ["event signal Error: aborted"],
      },
    ],
  },
  {
    instead: "a quiet stream behind a web server on TCP is cancelled after ten seconds",
    because: "a web server that has closed its side of a TCP connection may still take the reply",
    where: [
      {
        by: "run",
        via: "nginx",
        sometimes: true,
        when: ({ http, scgi }) => http.ending === "left" && lacksEnd(scgi.events),
        parts: [
          "event cancel",
          "event closed",
          "event completed",
          "event generator",
          "event abort",
        ],
      },
    ],
  },
  {
    instead: "`info.completed` rejects where the reply was cut off",
    because: "Deno's documentation says so, and its server resolves it",
    where: [
      {
        on: ["deno"],
        when: ({ http, scgi }) =>
          http.events.includes("completed resolves") &&
          scgi.events.some((event) => event.startsWith("completed rejects")),
        parts: ["event completed"],
      },
    ],
  },
  {
    instead:
      "a Response that was sent, or read in part, is refused by any method, and keeps its headers",
    because: "what fails should fail always, and an app may keep it; Deno refuses it as well",
    where: [
      {
        on: ["bun"],
        cases: ["a kept redirect"],
        parts: ["header location"],
      },
      {
        on: ["bun"],
        cases: ["a kept Response that is asked for by HEAD"],
        parts: everything,
      },
      {
        on: ["bun", "node"],
        cases: ["a Response that was partly read", "a Response whose stream was cancelled"],
        parts: everything,
      },
    ],
  },
  {
    instead:
      "a file of /proc is read to its end, and bytes in a Blob with a file have the type that bytes of a handler have",
    because:
      "a browser guesses where there is no type, and a Blob does not tell what it was made of; Bun sends nothing of the first, and no type of the second",
    where: [
      {
        on: ["bun"],
        cases: ["Bun.file: a file of /proc"],
        parts: ["body", "header content-length", "header content-disposition"],
      },
      {
        on: ["bun"],
        cases: ["Bun.file: a file in a Blob"],
        parts: ["header content-type"],
      },
    ],
  },
  {
    instead: "a status 101 of the app's own is 500",
    because: "what follows it is no HTTP; an upgrade is made by `upgradeWebSocket` alone",
    where: [
      {
        via: "straight",
        cases: ["status 101"],
        parts: everything,
      },
    ],
  },
  {
    instead: "a handler that returns no Response is answered with 500",
    because:
      "a `return` that was forgotten is a fault; `Bun.serve` answers 204, and `scgi run` too",
    where: [
      {
        on: ["bun"],
        by: "serve",
        cases: /^a handler that (?:returns|resolves to) /,
        parts: everything,
      },
    ],
  },
  {
    instead: "the Content-Type is the one of the Response",
    because: "@hono/node-server makes `text/plain; charset=UTF-8` of what has none, and of Blobs",
    where: [
      {
        on: ["node"],
        when: ({ http }) =>
          http.headers.includes("content-type: text/plain; charset=UTF-8") ||
          !http.headers.some((line) => line.startsWith("content-type:")),
        parts: ["header content-type"],
      },
    ],
  },
  {
    instead:
      "a clone or a copy of a Blob has no Content-Length, a proxy of a Response is a 500, and a Request has no structured clone",
    because:
      "from Node 24 on Requests and Responses have private fields; @hono/node-server puts classes of its own in their place",
    where: [
      {
        on: ["node"],
        cases: ["a clone of a Blob", "a copy of a Blob"],
        sometimes: true,
        parts: ["header content-length"],
      },
      {
        on: ["node"],
        cases: /^a handler that (?:returns|resolves to) a proxy of a Response$/,
        sometimes: true,
        parts: ["status", "body", "header content-length"],
      },
      {
        on: ["node"],
        cases: ["of a request: a structured clone"],
        sometimes: true,
        parts: ["body", "header content-length"],
      },
    ],
  },
];

export const meant: readonly Meant[] = all.flatMap(({ instead, because, where }) =>
  where.map((one) => ({ ...one, instead, because }))
);
