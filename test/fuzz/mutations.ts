/** Hostile connections as fast-check makes them: what is sent, and how. */

import fc from "fast-check";
import { anyText } from "../support/arbitrary-request.ts";
import { frame, request } from "../support/wire.ts";

/** What is sent over one connection, and how. */
export interface Connection {
  /** What is wrong with it; nothing where it is empty. */
  kinds: string[];
  /** What would be sent, one code unit a byte. */
  wire: string;
  /** How many bytes of it are. */
  sent: number;
  /** Places at which it is split. */
  cuts: number[];
  /** Milliseconds of pause before each piece. */
  pauses: number[];
  /** How the reply is read. */
  reading: "at once" | "slowly" | "late" | "never";
  /** What the client does when it has sent all that it sends. */
  ending: "stay" | "half-close" | "close" | "reset";
  /** Milliseconds before that, and before a late reading begins. */
  wait: number;
  /** Whether it keeps its side open when the server has ended its own. */
  lingers: boolean;
}

/** A request before it becomes bytes. */
interface Draft {
  /** Names and values in turn. */
  pairs: string[];
  body: string;
}

/** One thing that is done to a request: to the draft of it, or to its bytes. */
interface Mutation {
  kind: string;
  draft?: (draft: Draft) => Draft;
  wire?: (wire: string) => string;
}

const utf8 = String.fromCharCode(...new TextEncoder().encode("grün ✓"));

/** What begins a TLS connection. */
const TLS_HELLO = "\x16\x03\x01\0\xc8\x01\0\0\xc4\x03\x03" + "\x5b".repeat(32) + "\x20" +
  "\x7c".repeat(32) + "\0\x3e\x13\x02\x13\x03\x13\x01\xc0\x2c\xc0\x30\0\x9f\xcc\xa9\xcc\xa8";

/** Values that would do harm in a header, or that are none. */
const oddText = fc.oneof(
  fc.constantFrom(
    ...["", " ", "\t a \t", "\r\n", "\n", "\r", "\x01", "\x1b[2J", "\x7f", "\x85", "\xfc", utf8],
    ...["a\r\nX-Evil: 1", "a\nX-Evil: 1", "a\r\n\r\nStatus: 200 OK\r\n\r\nevil", "a\rb", "a\tb"],
    ...["%0d%0aX-Evil:%201", "\xff\xfe", "\xe2\x82", "a, b", "x".repeat(5000), "__proto__"],
  ),
  anyText(30).map((text) => text.replaceAll("\0", "")),
);

const hosts = [
  ...["", " ", "a b", "x/y?z", "u@h", "h:", "h:0", "h:080", "h:99999", "h:-1", "[::1]", "[::1]:80"],
  ...["[::g]", "[1:2", "::1", "1.2.3.4", "1.2.3.4.5", "256.1.1.1", "0x7f.1"],
  ...["\xfc.test", utf8, "h\r\nX-Evil: 1", "%41", "h,h2", "..", ".", "-", "~", "_x", "A.B", "h#x"],
  ...["a".repeat(300), "a.".repeat(200), "h\\x", "app.test:443", "app.test:80", "constructor"],
];

const methods = [
  ...[
    "",
    "get",
    "Post",
    "head",
    "patch",
    "PATCH",
    "PROPFIND",
    "M-SEARCH",
    "QUERY",
    "A".repeat(999),
  ],
  ...["CONNECT", "TRACE", "TRACK", "connect", "Trace", "G E T", "GET\r\n", "\x80", "GET\t", "{}"],
];

const targets = [
  ...["", "*", "?x=1", "hello", "//evil/x", "///", "http://evil/x", "http://evil", "http://?x"],
  ...["/a/../hello", "/%2e%2e/%2E/x", "/%zz%", "/\\evil", "/hello#frag", "/a b", "/\x80\xff", "/?"],
  ...["/x?y?z#", "/" + "a".repeat(3000), "javascript:alert(1)", "/;..", "/%00", "/\r\nX-Evil: 1"],
  ...[
    "/hello?\r\n\r\n",
    '/a|b^c`d{e}"<f>',
    "/?a|b^c`d{e}\"<f>'",
    `/${utf8}`,
    "/\t",
    "@h/x",
    "/@h:x/",
  ],
];

const paths = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom("/echo", "/echo/%41?a=b", "/", "/mirror", "/hello") },
  {
    weight: 4,
    arbitrary: fc.constantFrom(
      ...["/ignore", "/cancel", "/part", "/mirror", "/form", "/reflect?Fine", "/reflect", "/late"],
      ...["/large/1", "/large/200", "/empty", "/throw", "/reject", "/fail", "/fail/declared"],
      ...["/supply/0", "/supply/3", "/live"],
    ),
  },
);

/** Routes that take their time or much memory, so that a few requests to them are enough. */
const slowPaths = fc.constantFrom("/supply/20", "/supply/130", "/large/999", "/wait", "/quiet");

const contentTypes = [
  ...["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=b"],
  ...[
    "multipart/form-data",
    "application/json",
    "",
    'multipart/form-data; boundary="',
    "\xff/\xff",
  ],
];

const bodies = fc.oneof(
  { weight: 3, arbitrary: fc.constant("") },
  { weight: 3, arbitrary: anyText(60) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      "a=1&b=%zz",
      '--b\r\nContent-Disposition: form-data; name="f"; filename="g"\r\n\r\nx\r\n--b--\r\n',
      "--b\r\n\r\n--b",
      request([], "inner"),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(anyText(9), fc.integer({ min: 1, max: 2500 }))
      .map(([text, times]) => (text || "body").repeat(times)),
  },
);

/** A valid request of any kind. */
const drafts = (slow: number): fc.Arbitrary<Draft> =>
  fc.record({
    method: fc.constantFrom("GET", "POST", "PUT", "HEAD", "DELETE", "OPTIONS"),
    path: fc.oneof(
      { weight: 100 - slow, arbitrary: paths },
      { weight: slow, arbitrary: slowPaths },
    ),
    software: fc.constantFrom("", "", "nginx/1.26.3", "lighttpd/1.4", "Apache", "Cherokee/1.2"),
    cookies: fc.array(fc.constantFrom("a=1", "b=2; c=3", "\xfc=\xff", ""), { maxLength: 3 }),
    contentType: fc.constantFrom(...contentTypes),
    https: fc.constantFrom("", "on"),
    /** nginx passes the client's own header on, beside the variable of its meaning. */
    repeatsLength: fc.boolean(),
    body: bodies,
  }).map(({ method, path, software, cookies, contentType, https, repeatsLength, body }) => ({
    body,
    pairs: [
      ...["CONTENT_LENGTH", String(body.length), "SCGI", "1"],
      ...["REQUEST_METHOD", method, "REQUEST_URI", path, "HTTP_HOST", "app.test"],
      ...["SERVER_PROTOCOL", "HTTP/1.1", "REMOTE_ADDR", "192.0.2.7", "HTTP_X_PROBE", "probe"],
      ...(software === "" ? [] : ["SERVER_SOFTWARE", software]),
      ...(https === "" ? [] : ["HTTPS", https]),
      ...(body === "" ? [] : ["CONTENT_TYPE", contentType]),
      ...(repeatsLength && body !== "" ? ["HTTP_CONTENT_LENGTH", String(body.length)] : []),
      ...cookies.flatMap((cookie) => ["HTTP_COOKIE", cookie]),
    ],
  }));

/** Sets a variable, or adds it; without a value it is taken away. */
function set({ pairs, body }: Draft, name: string, value: string | undefined): Draft {
  const at = pairs.findIndex((text, i) => i % 2 === 0 && text === name);
  const put = value === undefined ? [] : [name, value];
  return { body, pairs: at < 0 ? [...pairs, ...put] : pairs.toSpliced(at, 2, ...put) };
}

function splice(text: string, at: number, remove: number, insert: string): string {
  const place = at % (text.length + 1);
  return text.slice(0, place) + insert + text.slice(place + remove);
}

/** A variable that is given values of which most are wrong. */
const variable = (kind: string, names: string[], values: fc.Arbitrary<string | undefined>) =>
  fc.tuple(fc.constantFrom(...names), values).map(([name, value]): Mutation => ({
    kind,
    draft: (draft) => set(draft, name, value),
  }));

const lengths: ((digits: string) => string)[] = [
  (digits) => String(Number(digits) + 1),
  (digits) => String(Number(digits) - 1),
  (digits) => `+${digits}`,
  (digits) => `-${digits}`,
  (digits) => `0${digits}`,
  (digits) => ` ${digits}`,
  (digits) => `${digits} `,
  (digits) => `${digits}.0`,
  (digits) => `0x${digits}`,
  (digits) => `${digits}e0`,
  () => "",
  () => "0",
  () => "16385",
  () => "99999999999999999999",
  () => "1".repeat(400),
  () => "\xb2",
  () => "abc",
];

const netstringLength = fc.constantFrom(...lengths).map((length): Mutation => ({
  kind: "length of the netstring",
  wire: (wire) => wire.replace(/^[0-9]*/, length),
}));

const comma = fc.constantFrom("", ";", ",,", "\0", " ,", "\n").map((comma): Mutation => ({
  kind: "comma",
  wire(wire) {
    const end = wire.indexOf(":") + 1 + parseInt(wire);
    return wire.slice(0, end) + comma + wire.slice(end + 1);
  },
}));

/** NULs more or fewer, in a netstring of the right length or of the old one. */
const nuls = fc.tuple(fc.nat(), fc.boolean(), fc.boolean()).map(([at, more, framed]): Mutation => {
  const edit = (head: string) => {
    if (more) return splice(head, at, 0, "\0");
    const places = Array.from(head.matchAll(/\0/g), ({ index }) => index);
    const place = places[at % Math.max(1, places.length)];
    return place === undefined ? head : splice(head, place, 1, "");
  };
  return {
    kind: "NULs",
    wire(wire) {
      const begin = wire.indexOf(":") + 1, end = begin + parseInt(wire);
      const head = edit(wire.slice(begin, end));
      return (framed ? `${head.length}:` : wire.slice(0, begin)) + head + wire.slice(end);
    },
  };
});

const oddStrings = fc.constantFrom<(pairs: string[]) => string[]>(
  (pairs) => pairs.slice(0, -1),
  (pairs) => [...pairs, "ALONE"],
  (pairs) => ["", ...pairs],
  () => [],
  () => ["CONTENT_LENGTH"],
).map((edit): Mutation => ({
  kind: "number of strings",
  draft: ({ pairs, body }) => ({ body, pairs: edit(pairs) }),
}));

const emptyName = fc.tuple(fc.nat(), fc.constantFrom("", "x")).map(([at, value]): Mutation => ({
  kind: "empty name",
  draft: ({ pairs, body }) => ({
    body,
    pairs: pairs.toSpliced(2 * (at % (pairs.length / 2 + 1)), 0, "", value),
  }),
}));

const contentLength = fc.oneof(
  fc.constantFrom<(length: string) => string>(
    ...lengths,
    (length) => String(Math.floor(Number(length) / 2)),
    (length) => String(Number(length) + 50),
    () => "2000000",
    () => "9007199254740992",
  ).map((edit) => (draft: Draft) => set(draft, "CONTENT_LENGTH", edit(String(draft.body.length)))),
  fc.constantFrom<(draft: Draft) => string[]>(
    ({ pairs }) => [...pairs.slice(2), ...pairs.slice(0, 2)],
    ({ pairs }) => [...pairs, ...pairs.slice(0, 2)],
    ({ pairs }) => [...pairs, "CONTENT_LENGTH", ""],
    ({ pairs }) => [...pairs, "CONTENT_LENGTH", "3"],
    ({ pairs }) => [...pairs, "CONTENT_LENGTH", "+3"],
    ({ pairs }) => pairs.slice(2),
  ).map((edit) => (draft: Draft) => ({ body: draft.body, pairs: edit(draft) })),
).map((draft): Mutation => ({ kind: "CONTENT_LENGTH", draft }));

const scgi = variable("SCGI", ["SCGI"], fc.constantFrom(undefined, "2", "", "11", " 1", "1 "));

const secondScgi = fc.constantFrom("", "1", "2").map((value): Mutation => ({
  kind: "SCGI",
  draft: ({ pairs, body }) => ({ body, pairs: [...pairs, "SCGI", value] }),
}));

const headerNames = [
  ...[
    "HTTP_X_PROBE",
    "HTTP_X_PROBE",
    "HTTP_X_PROBE",
    "HTTP_COOKIE",
    "HTTP_COOKIE",
    "HTTP_HOST",
    "HTTP_PROXY",
    "HTTP_",
    "HTTP_A B",
    "HTTP_\xfc",
  ],
  ...["CONTENT_TYPE", "HTTP___PROTO__", "HTTP_CONTENT_TYPE", "HTTP_TRANSFER_ENCODING", "__proto__"],
  ...["HTTPS", "REQUEST_SCHEME", "SERVER_SOFTWARE", "QUERY_STRING", "7", "constructor", "\xff"],
];
/** Odd values to where they come back in the head of the reply. */
const reflected = fc.tuple(oddText, fc.constantFrom("HTTP_X_PROBE", "HTTP_COOKIE"), oddText).map(
  ([query, name, value]): Mutation => ({
    kind: "reflected value",
    draft: (draft) => set(set(draft, "REQUEST_URI", `/reflect?${query}`), name, value),
  }),
);
const headers = fc.oneof(
  variable("header value", headerNames, oddText),
  fc.tuple(fc.constantFrom(...headerNames), oddText).map(([name, value]): Mutation => ({
    kind: "header value",
    draft: ({ pairs, body }) => ({ body, pairs: [...pairs, name, value] }),
  })),
);

const manyHeaders = fc.integer({ min: 100, max: 1200 }).map((count): Mutation => ({
  kind: "many headers",
  draft: ({ pairs, body }) => ({
    body,
    pairs: [...pairs, ...Array.from({ length: count }, (_, i) => [`HTTP_X_${i}`, "many"]).flat()],
  }),
}));

const host = variable(
  "host",
  ["HTTP_HOST", "HTTP_HOST", "SERVER_NAME"],
  fc.oneof(fc.constantFrom<(string | undefined)[]>(undefined, ...hosts), oddText),
);
const noHost = fc.tuple(fc.constantFrom(...hosts), fc.constantFrom("80", "443", "", "x", "70000"))
  .map(([name, port]): Mutation => ({
    kind: "host",
    draft: (draft) =>
      set(set(set(draft, "HTTP_HOST", undefined), "SERVER_NAME", name), "SERVER_PORT", port),
  }));

const method = variable(
  "method",
  ["REQUEST_METHOD"],
  fc.oneof(fc.constantFrom<(string | undefined)[]>(undefined, ...methods), oddText),
);

const target = variable(
  "target",
  ["REQUEST_URI"],
  fc.oneof(
    fc.constantFrom<(string | undefined)[]>(undefined, ...targets),
    oddText.map((text) => `/echo/${text}`),
    oddText.map((text) => `/reflect?${text}`),
  ),
);
const noTarget = fc.tuple(fc.constantFrom(...targets), oddText, oddText).map(
  ([script, info, query]): Mutation => ({
    kind: "target",
    draft: (draft) =>
      [["SCRIPT_NAME", script], ["PATH_INFO", info], ["QUERY_STRING", query]].reduce(
        (draft, [name, value]) => set(draft, name!, value),
        set(draft, "REQUEST_URI", undefined),
      ),
  }),
);

const otherLength = variable(
  "HTTP_CONTENT_LENGTH",
  ["HTTP_CONTENT_LENGTH"],
  fc.constantFrom("0", "7", "+1", "1, 1", "", " ", "0x1", "99999999999999999999"),
);

/** Bytes changed anywhere, most of them near the beginning. */
const flipped = fc.array(
  fc.record({
    at: fc.nat(),
    early: fc.boolean(),
    remove: fc.integer({ min: 0, max: 3 }),
    insert: fc.oneof(fc.constantFrom("", "\0", ":", ",", "0", "9"), anyText(3)),
  }),
  { minLength: 1, maxLength: 4 },
).map((edits): Mutation => ({
  kind: "bytes changed",
  wire: (wire) =>
    edits.reduce(
      (wire, { at, early, remove, insert }) => splice(wire, early ? at % 40 : at, remove, insert),
      wire,
    ),
}));

const doubled = fc.tuple(fc.nat(), fc.nat({ max: 200 })).map(([at, length]): Mutation => ({
  kind: "bytes doubled",
  wire(wire) {
    const place = at % (wire.length + 1);
    return splice(wire, place, 0, wire.slice(place, place + length));
  },
}));

const truncated = fc.nat().map((at): Mutation => ({
  kind: "truncated",
  wire: (wire) => wire.slice(0, at % (wire.length + 1)),
}));

const surplus = fc.oneof(
  fc.constantFrom("\r\n", "x", request([]), frame(["CONTENT_LENGTH", "0", "SCGI", "1"]), "\0"),
  anyText(40),
  fc.integer({ min: 1, max: 99_999 }).map((length) => "s".repeat(length)),
).map((more): Mutation => ({ kind: "bytes after the body", wire: (wire) => wire + more }));

const foreign = fc.oneof(
  fc.constantFrom(
    TLS_HELLO,
    "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    `POST /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9000\r\n\r\n${"x".repeat(9000)}`,
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0",
    "\x01\x01\0\x01\0\x08\0\0\0\x01\0\0\0\0\0\0",
    "SSH-2.0-OpenSSH_9.2\r\n",
    "PROXY TCP4 192.0.2.7 192.0.2.1 56324 443\r\n",
    "\n",
    "0:,",
  ),
  anyText(200),
).map((text): Mutation => ({ kind: "another protocol", wire: () => text }));

const mutations = fc.oneof(
  ...[netstringLength, comma, nuls, oddStrings, emptyName, contentLength, scgi, secondScgi],
  ...[
    headers,
    headers,
    reflected,
    manyHeaders,
    host,
    noHost,
    method,
    target,
    noTarget,
    otherLength,
  ],
  ...[flipped, doubled, truncated, surplus, foreign],
);

function render(draft: Draft, applied: Mutation[]): string {
  const { pairs, body } = applied.reduce((draft, { draft: edit }) => edit?.(draft) ?? draft, draft);
  return applied.reduce((wire, { wire: edit }) => edit?.(wire) ?? wire, frame(pairs, body));
}

const pauses = fc.array(
  fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, {
    weight: 1,
    arbitrary: fc.integer({ min: 1, max: 8 }),
  }),
  { maxLength: 6 },
);

const cuts = fc.oneof(
  { weight: 4, arbitrary: fc.constant<number[]>([]) },
  { weight: 4, arbitrary: fc.array(fc.nat(), { minLength: 1, maxLength: 6 }) },
  { weight: 1, arbitrary: fc.array(fc.nat({ max: 60 }), { minLength: 1, maxLength: 60 }) },
);

/** How it is sent. */
const manners = ({ longWait, lingers }: Hostility) =>
  fc.record({
    sent: fc.oneof(
      { weight: 7, arbitrary: fc.constant(undefined) },
      { weight: 1, arbitrary: fc.nat() },
    ),
    cuts,
    pauses,
    reading: fc.oneof(
      { weight: 8, arbitrary: fc.constant("at once" as const) },
      { weight: 1, arbitrary: fc.constantFrom("slowly" as const, "late" as const) },
      { weight: 1, arbitrary: fc.constant("never" as const) },
    ),
    ending: fc.oneof(
      { weight: 6, arbitrary: fc.constant("stay" as const) },
      { weight: 3, arbitrary: fc.constant("half-close" as const) },
      { weight: 3, arbitrary: fc.constantFrom("close" as const, "reset" as const) },
    ),
    wait: fc.oneof(
      { weight: 8, arbitrary: fc.constant(0) },
      { weight: 8, arbitrary: fc.integer({ min: 1, max: 30 }) },
      { weight: 1, arbitrary: fc.integer({ min: 1, max: longWait }) },
    ),
    lingers: fc.nat({ max: 40 }).map((n) => lingers && n === 40),
  });

/** What kinds of connections there are. */
export interface Hostility {
  /** Of a hundred requests, how many ask for what takes its time. */
  slow: number;
  /** The longest wait, in milliseconds. */
  longWait: number;
  /** Whether some clients stay on, for seconds, when they have their reply. */
  lingers: boolean;
}

/** Any connection. */
export function connections(hostility: Hostility): fc.Arbitrary<Connection> {
  const applied = fc.oneof(
    { weight: 2, arbitrary: fc.constant<Mutation[]>([]) },
    { weight: 5, arbitrary: mutations.map((one) => [one]) },
    { weight: 2, arbitrary: fc.array(mutations, { minLength: 2, maxLength: 4 }) },
  );
  return fc.tuple(drafts(hostility.slow), applied, manners(hostility)).map(
    ([draft, applied, manner]) => {
      const wire = render(draft, applied);
      const { sent = wire.length, reading, ending } = manner;
      const stays = ending === "stay" || ending === "half-close";
      return {
        kinds: [...new Set(applied.map(({ kind }) => kind))],
        wire,
        ...manner,
        sent: sent % (wire.length + 1),
        ending: reading === "never" && stays ? "close" : ending,
      };
    },
  );
}
