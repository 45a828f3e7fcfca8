/** What must hold of a connection, whatever was sent over it. Written without the code under test. */

import { judge } from "../support/reference-parser.ts";
import { isUnambiguous } from "../support/reference-target.ts";
import { amount, CHUNK, type Echo, isRoute, ON_PURPOSE, unescaped, wordsOf } from "./app.ts";
import type { Outcome } from "./client.ts";
import type { Connection } from "./mutations.ts";

/** Limits of the servers under hostile connections: short, so that those that stall end soon. */
export const LIMITS = {
  maxHeaderBytes: 16_384,
  maxBodyBytes: 1_000_000,
  headTimeout: 1500,
  bodyTimeout: 1500,
  writeTimeout: 5000,
  requestTimeout: 2500,
  drainTimeout: 1000,
};

/** The same as arguments of the command. */
export const FLAGS: string[] = Object.entries(LIMITS).flatMap(([name, value]) => [
  `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`,
  String(value),
]);

/** How long a connection may live on after anything happened on it, on a machine that is busy. */
export const CLOSED_WITHIN_MS = 12_000;
/** A client that took so long may have met a time-out that was not meant for it. */
const MAYBE_LATE_MS = Math.min(LIMITS.headTimeout, LIMITS.bodyTimeout) / 2;

/** A reply as it came. */
interface Reply {
  status: number;
  reason: string;
  /** Names in lower case. */
  headers: [name: string, value: string][];
  body: string;
}

/** What may come. */
interface Expected {
  statuses: number[];
  /** Whether there may be no answer at all. */
  silent?: boolean;
  /** Whether the reply may end before its end. */
  breaks?: boolean;
  /** Says what is wrong with a reply of status 200 that is whole. */
  content?: (reply: Reply) => string | undefined;
}

/** A request as the specification and the design read it. */
interface Asked {
  variables: Record<string, string>;
  method: string;
  contentLength: number;
  /** As much of the body as was sent and a `Request` can have. */
  body: string;
  /** The statuses of a read of the body that fails; undefined where the body is whole. */
  cut: number[] | undefined;
  /** Whether bytes came after the body. */
  surplus: boolean;
  words: string[];
  url: string;
  ending: Connection["ending"];
}

/** Says what is wrong with the outcome of a connection; nothing where all is well. */
export function complaint(connection: Connection, outcome: Outcome): string | undefined {
  const { received, ending, left, stillOpen } = outcome;
  if (ending === undefined) return `it was not closed within ${CLOSED_WITHIN_MS} ms`;
  if (stillOpen) return "the server kept it open after its own end and all time-outs";
  const expected = tolerant(expect(connection), connection, outcome);
  const { statuses, silent, breaks, content } = expected;
  if (received === "") return silent ? undefined : `nothing came, and not ${statuses}`;
  const reply = parse(received);
  if (typeof reply === "string") return reply;
  if (reply === undefined) return breaks ? undefined : `half a head came: ${received}`;
  if (!statuses.includes(reply.status)) {
    return `the status is ${reply.status}, and not ${statuses.join(" or ") || "nothing"}`;
  }
  const { method, surplus } = ask(connection) ?? { method: "GET", surplus: true };
  const length = declaredLength(reply);
  if (typeof length === "string") return length;
  const bodyless = method === "HEAD" || reply.status === 204;
  if (bodyless) return reply.body === "" ? undefined : `a body came: ${reply.body.slice(0, 100)}`;
  if (length !== undefined && reply.body.length > length) return `more than ${length} bytes came`;
  if (breaks && reply.body.length !== length) return undefined;
  if (length !== undefined && reply.body.length < length) {
    return `${reply.body.length} of ${length} bytes came`;
  }
  if (!left && !breaks && !surplus && ending !== "end") return `it ended in ${ending}`;
  return reply.status === 200 && method !== "HEAD" ? content?.(reply) : undefined;
}

/** Whether a server that came to nothing for a while may have taken that for its client's fault. */
export function looksLate({ received }: Outcome): boolean {
  return received === "" || /^Status: (?:408|504)/.test(received);
}

/** What may come beside, where the client left, dawdled, or sent what nobody waited for. */
function tolerant(
  expected: Expected,
  { ending, wait }: Connection,
  { left, sendMs, heldMs }: Outcome,
): Expected {
  const { statuses, breaks } = expected;
  if (sendMs > MAYBE_LATE_MS) {
    return { statuses: [...statuses, 408], silent: true, breaks: true };
  }
  if (ending === "half-close" && wait > MAYBE_LATE_MS) statuses.push(408);
  const held = heldMs > LIMITS.writeTimeout / 2;
  return left || held || breaks ? { ...expected, silent: true, breaks: true } : expected;
}

/** What may come of a connection whose client stays for the reply. */
function expect(connection: Connection): Expected {
  const { wire, sent, ending } = connection;
  const judged = judge(wire.slice(0, sent), LIMITS.maxHeaderBytes);
  if (sent === 0) return { statuses: [], silent: true };
  if ("refused" in judged) return { statuses: [judged.refused.status] };
  if ("unfinished" in judged) return { statuses: [ending === "half-close" ? 400 : 408] };
  const asked = ask(connection)!;
  const refused = refusal(asked);
  const [name = ""] = asked.words;
  const model = refused === undefined && isRoute(name) ? MODELS[name] : undefined;
  const expected = refused !== undefined ? { statuses: [refused] } : (model ?? echoed)(asked);
  // Which methods beyond these a runtime's `Request` can have is its own affair.
  if (refused !== 501 && !STANDARD.test(asked.method)) expected.statuses.push(501);
  if (!asked.surplus) return expected;
  // Those that are seen in time are refused with an upload.
  if (takesBody(asked.method)) expected.statuses.push(400);
  // Bytes that come when the server has closed are answered by a reset, which may overtake.
  return { ...expected, silent: true };
}

/** The request that was sent, where it is one. */
function ask({ wire, sent, ending }: Connection): Asked | undefined {
  const judged = judge(wire.slice(0, sent), LIMITS.maxHeaderBytes);
  if (!("pairs" in judged)) return undefined;
  const { pairs, contentLength } = judged;
  const variables = join(pairs);
  const method = variables.REQUEST_METHOD || (contentLength > 0 ? "POST" : "GET");
  const whole = judged.body.length === contentLength || !takesBody(method);
  const cut = { "half-close": [400], stay: [408], close: [400, 408], reset: [400, 408] }[ending];
  const url = readUrl(variables);
  return {
    variables,
    method,
    contentLength,
    body: takesBody(method) ? judged.body : "",
    cut: whole ? undefined : cut,
    surplus: judged.surplus > 0,
    url: url ?? "",
    words: url === undefined ? [] : wordsOf(url),
    ending,
  };
}

function takesBody(method: string): boolean {
  return method !== "GET" && method !== "HEAD";
}

/** The status of a request that no handler sees. */
function refusal({ variables, method, contentLength, url }: Asked): number | undefined {
  if (contentLength > LIMITS.maxBodyBytes) return 413;
  if (!TOKEN.test(method) || /^(?:CONNECT|TRACE|TRACK)$/i.test(method)) return 501;
  const { HTTP_CONTENT_LENGTH: sent } = variables;
  if (sent && method !== "GET" && method !== "HEAD") {
    if (!/^[0-9]+$/.test(sent) || Number(sent) !== contentLength) return 400;
  }
  if (url === "") return 400;
  if (/^patch$/i.test(method)) return undefined;
  return STANDARD.test(method.toUpperCase()) && !STANDARD.test(method) ? 501 : undefined;
}

const STANDARD = /^(?:DELETE|GET|HEAD|OPTIONS|PATCH|POST|PUT)$/;
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** Variables by name, joined where they are repeated. */
function join(pairs: readonly string[]): Record<string, string> {
  const variables: Record<string, string> = Object.create(null);
  for (let i = 0; i < pairs.length; i += 2) {
    const [name, value] = [pairs[i]!, pairs[i + 1]!];
    const before = variables[name] ?? "";
    const joins = name.startsWith("HTTP_") && name !== "HTTP_HOST" && before !== "";
    if (name === "HTTP_PROXY" || value === "" && before !== "") continue;
    const glue = name === "HTTP_COOKIE" ? "; " : ", ";
    const isFirst = isCherokee(variables);
    variables[name] = joins ? isFirst ? value + glue + before : before + glue + value : value;
  }
  return variables;
}

const HOST = /^(?:[A-Za-z0-9._~-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]*)?$/;

/** The URL that was asked for; undefined where there is none. */
function readUrl(variables: Record<string, string>): string | undefined {
  const { HTTPS, REQUEST_SCHEME, HTTP_HOST } = variables;
  const scheme = HTTPS === "on" || HTTPS === "1" || REQUEST_SCHEME === "https" ? "https" : "http";
  const host = HTTP_HOST || serverHost(variables, scheme);
  const target = readTarget(variables);
  if (target === undefined || !isHost(host)) return undefined;
  const url = `${scheme}://${host}${target}`;
  return URL.canParse(url) ? new URL(url).href : undefined;
}

function serverHost(variables: Record<string, string>, scheme: string): string {
  const { SERVER_NAME = "", SERVER_PORT } = variables;
  const named = SERVER_NAME.includes(":") && !SERVER_NAME.startsWith("[");
  const name = named ? `[${SERVER_NAME}]` : SERVER_NAME;
  if (!isHost(`${name}:1`)) return "localhost";
  const isDefault = SERVER_PORT === (scheme === "https" ? "443" : "80");
  const port = !SERVER_PORT || isDefault ? "" : `:${SERVER_PORT}`;
  return isHost(name + port) ? name + port : name;
}

const isHost = (host: string) => HOST.test(host) && URL.canParse(`http://${host}`);

/** All that can be seen, but no `#`; a backslash is literal in the query alone. */
const IN_QUERY = /[!"$-~]/;
const BEFORE_QUERY = /[!"$-[\]-~]/;
const IN_PATH = /[A-Za-z0-9\-._~!$&'()*+,;=:@/]/;

/** The path and the query; undefined where the path has two meanings. */
function readTarget(variables: Record<string, string>): string | undefined {
  const { REQUEST_URI, SCRIPT_NAME = "", PATH_INFO = "", DOCUMENT_URI, QUERY_STRING } = variables;
  const decoded = SCRIPT_NAME + PATH_INFO || DOCUMENT_URI;
  const ofCherokee = isCherokee(variables) && REQUEST_URI !== "*" && decoded;
  if (REQUEST_URI && !ofCherokee) {
    const target = REQUEST_URI.startsWith("/")
      ? REQUEST_URI
      : REQUEST_URI.replace(/^[A-Za-z][A-Za-z0-9+.-]*:\/\/[^/?#]*/, "");
    const [asked = ""] = (target.startsWith("/") ? target : `/${target}`).split("#");
    const [raw = ""] = asked.split("?");
    const path = escaped(raw, BEFORE_QUERY);
    const whole = path + escaped(asked.slice(raw.length), IN_QUERY);
    const strict = /^(?:lighttpd|apache)(?![a-z])/i.test(variables.SERVER_SOFTWARE ?? "");
    return isUnambiguous(path, strict || isCherokee(variables)) ? whole : undefined;
  }
  const path = decoded || "/";
  const [asked = ""] = (QUERY_STRING ?? "").split("#");
  const query = asked === "" ? "" : `?${escaped(asked, IN_QUERY)}`;
  const whole = path.startsWith("/") ? path : `/${path}`;
  return escaped(whole, IN_PATH) + query;
}

function isCherokee({ SERVER_SOFTWARE = "" }: Record<string, string>): boolean {
  return /^cherokee(?![a-z])/i.test(SERVER_SOFTWARE);
}

function escaped(text: string, allowed: RegExp): string {
  return Array.from(text, (byte) => {
    if (allowed.test(byte)) return byte;
    return `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`;
  }).join("");
}

/** A reply that says this, whatever becomes of the body of the request. */
const says = (text: string) => (): Expected => ({ statuses: [200], content: equals(text) });

const equals = (text: string) => ({ body }: Reply) =>
  body === text ? undefined : differ(body, text);

function differ(actual: unknown, expected: unknown): string {
  return `${JSON.stringify(actual)?.slice(0, 1000)} came, and not ` +
    JSON.stringify(expected)?.slice(0, 1000);
}

// deno-lint-ignore no-control-regex
const CONTROL = /[\0-\x08\x0a-\x1f\x7f]/;

/** What becomes of a request to each route of the app. */
const MODELS: Record<string, (asked: Asked) => Expected> = {
  hello: says("Hello\n"),
  live: () => ({ statuses: [200] }),
  ignore: says("not wanted\n"),
  cancel: says("not wanted\n"),
  part: ({ cut, body }) => ({
    statuses: body !== "" || cut === undefined ? [200, ...cut ?? []] : cut,
    content: equals("in part\n"),
  }),
  mirror: ({ cut, body }) => ({
    statuses: [200, ...cut ?? []],
    breaks: cut !== undefined,
    content: equals(body),
  }),
  form: () => ({ statuses: [200, 400] }),
  reflect: ({ variables, url }) => {
    const headers = new Map(readHeaders(variables));
    const probe = headers.get("x-probe") ?? "";
    const query = unescaped(new URL(url).search);
    const plain = !CONTROL.test(probe + (headers.get("cookie") ?? "")) && /^[\t -~]*$/.test(query);
    return {
      statuses: plain ? [200] : [200, 500],
      content: ({ headers, body }) => {
        const seen = headers.find(([name]) => name === "x-probe")?.[1] ?? "";
        return seen === probe ? equals("reflected\n")({ body } as Reply) : differ(seen, probe);
      },
    };
  },
  large: ({ words }) => says("x".repeat(amount(words[1]) * 1024))(),
  supply: ({ words }) => says("x".repeat(amount(words[1]) * CHUNK.length))(),
  late: says("late\n"),
  empty: () => ({ statuses: [204] }),
  throw: () => ({ statuses: [500] }),
  reject: () => ({ statuses: [500] }),
  fail: () => ({ statuses: [200, 500], breaks: true }),
  wait: ({ ending }) => ({ statuses: ending === "half-close" ? [200, 504] : [504] }),
  quiet: () => ({ statuses: [200], breaks: true, content: equals("first\n") }),
};

function echoed({ cut, method, url, variables, body, contentLength }: Asked): Expected {
  if (cut !== undefined) return { statuses: cut };
  const headers = readHeaders(variables);
  if (variables.CONTENT_TYPE) headers.push(["content-type", fieldValue(variables.CONTENT_TYPE)]);
  const tells = contentLength > 0 || /^(?:POST|PUT|PATCH)$/.test(method);
  if (tells) headers.push(["content-length", String(contentLength)]);
  const env = Object.entries(variables).map(([name, value]) => [utf8(name), utf8(value)]);
  const expected = {
    method,
    url: url.replaceAll("^", "%5E"),
    body,
    headers: sorted(headers),
    env: sorted(env),
  };
  return {
    statuses: [200],
    content(reply) {
      const seen = JSON.parse(utf8(reply.body)) as Echo;
      const { method, body } = seen;
      // The runtimes disagree about this character of a path.
      const url = seen.url.replaceAll("^", "%5E");
      const actual = { method, url, body, headers: sorted(seen.headers), env: sorted(seen.env) };
      for (const key of Object.keys(expected) as (keyof typeof expected)[]) {
        const [a, b] = [JSON.stringify(actual[key]), JSON.stringify(expected[key])];
        if (a !== b) return `${key}: ${differ(a, b)}`;
      }
      return undefined;
    },
  };
}

const sorted = (pairs: string[][]) =>
  [...new Map(pairs.map(([name, value]) => [name, value]))].map((pair) => pair.join("\0")).sort();

/** Header fields, as Fetch joins and trims them. */
function readHeaders(variables: Record<string, string>): [string, string][] {
  const fields = new Map<string, string>();
  for (const [variable, value] of Object.entries(variables)) {
    const name = variable.slice(5).replaceAll("_", "-").toLowerCase();
    if (!variable.startsWith("HTTP_") || !TOKEN.test(name)) continue;
    if (/^(?:content-type|content-length|transfer-encoding|proxy)$/.test(name)) continue;
    const before = fields.get(name);
    fields.set(name, before === undefined ? fieldValue(value) : `${before}, ${fieldValue(value)}`);
  }
  return [...fields];
}

function fieldValue(value: string): string {
  return value.replace(/[\0\r\n]/g, " ").replace(/^[ \t]+|[ \t]+$/g, "");
}

function utf8(text: string): string {
  return new TextDecoder("utf-8", { ignoreBOM: true })
    .decode(Uint8Array.from(text, (unit) => unit.charCodeAt(0)));
}

/** A reply; what is wrong with it; or undefined where its head, so far well, did not come whole. */
function parse(received: string): Reply | string | undefined {
  const at = received.indexOf("\r\n\r\n");
  const lines = received.slice(0, at < 0 ? undefined : at).split("\r\n");
  const begun = at < 0 ? lines.pop()! : "";
  const [first, ...fields] = lines;
  if (first === undefined) {
    return "Status: ".startsWith(begun.slice(0, 8)) ? undefined : `it begins with ${begun}`;
  }
  const status = /^Status: ([2-5][0-9][0-9]) ([!-~\x80-\xff][\t -~\x80-\xff]*)$/.exec(first);
  if (status === null) return `it begins with ${JSON.stringify(first)}`;
  const headers: Reply["headers"] = [];
  for (const field of fields) {
    const header = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+): ([\t -~\x80-\xff]*)$/.exec(field);
    if (header === null) return `a line of the head is ${JSON.stringify(field)}`;
    headers.push([header[1]!.toLowerCase(), header[2]!]);
  }
  const names = headers.map(([name]) => name);
  const twice = names.find((name, i) => name !== "set-cookie" && names.indexOf(name) !== i);
  if (twice !== undefined) return `${twice} comes twice`;
  if (names.includes("x-evil") || names.includes("status")) {
    return `a header was injected: ${names}`;
  }
  if (at < 0) return undefined;
  return { status: Number(status[1]), reason: status[2]!, headers, body: received.slice(at + 4) };
}

function declaredLength({ headers }: Reply): number | string | undefined {
  const value = headers.find(([name]) => name === "content-length")?.[1];
  if (value === undefined) return undefined;
  return /^(?:0|[1-9][0-9]*)$/.test(value) ? Number(value) : `Content-Length is ${value}`;
}

/** What a server may say of hostile connections: its refusals, and what fails on purpose. */
const EXPECTED_RECORDS = new RegExp(
  `${ON_PURPOSE}|\\((?:HEAD_(?:INVALID|TOO_LARGE|CUT|TIMEOUT)|LENGTH_MISMATCH|HOST_INVALID|TARGET_INVALID|` +
    "METHOD_UNSUPPORTED|BODY_(?:TOO_LARGE|TIMEOUT|SURPLUS)|REQUEST_TIMEOUT|WRITE_TIMEOUT|" +
    "RESPONSE_HEAD_LARGE|STATUS_UNSUPPORTED)\\)\\n$|has a control character in its value",
);

/** What Node says, once, of a method in lower case that it takes as it is. */
const NODE_ON_PATCH = /^\(node:\d+\) \[UNDICI-FETCH-patch\] .+\n\(Use .+\)\n/m;

/** What a server wrote to stderr that nothing which it met explains. */
export function unexplained(said: string): string[] {
  return said.replace(NODE_ON_PATCH, "").split(/^(?=scgi:)/m)
    .filter((record) => record !== "" && !EXPECTED_RECORDS.test(record));
}
