/** What is asked of a server, and what it has to answer. */

import type { Shape } from "./bare-shape.ts";

/** One kind of request. */
export interface Scenario {
  readonly name: ScenarioName | RouteName;
  /** The path that is asked for, where it is not the name. */
  readonly path?: string;
  readonly method: "GET" | "POST";
  /** How many of the request's variables are HTTP headers. */
  readonly headers: number;
  /** Bytes of the request's body. */
  readonly upload: number;
  /** How the reply's body is written: so many bytes, so many times. */
  readonly write: number;
  readonly writes: number;
}

const KIB = 1024;
const MIB = 1024 * KIB;

/** The text that hello, and each upload, is answered with. */
export const TEXT = "Hello World\n";
export const USER_AGENT = "Mozilla/5.0 (X11; Linux x86_64) Benchmark/1.0";

/** What begins an event stream, and each event after that: 32 bytes. */
export const OPENING = ": open\n\n";
export const EVENT: string = `${"data: an event".padEnd(30, ".")}\n\n`;

/** What the JSON reply holds. */
export function jsonReply(agent: string | null | undefined): object {
  return { ok: true, agent, items: [1, 2, 3], text: "Some text, as replies have it" };
}

const hello = { method: "GET", headers: 3, upload: 0, write: TEXT.length, writes: 1 } as const;
const post = { ...hello, method: "POST" } as const;

/** All of them, by their names. */
export const scenarios: Record<ScenarioName, Scenario> = {
  hello: { name: "hello", ...hello },
  json: {
    name: "json",
    ...hello,
    headers: 12,
    write: JSON.stringify(jsonReply(USER_AGENT)).length,
  },
  headers: { name: "headers", ...hello, headers: 12 },
  post1k: { name: "post1k", ...post, upload: KIB },
  post1m: { name: "post1m", ...post, upload: MIB },
  reply1m: { name: "reply1m", ...hello, write: MIB },
  bytes1m: { name: "bytes1m", ...hello, write: MIB },
  stream: { name: "stream", ...hello, write: 4 * KIB, writes: 16 },
  chunks: { name: "chunks", ...hello, write: 16, writes: 500 },
  echo1m: { name: "echo1m", ...post, upload: MIB, write: MIB },
  events: { name: "events", ...hello, write: EVENT.length },
  upload256m: { name: "upload256m", ...post, upload: 256 * MIB },
  download256m: { name: "download256m", ...hello, write: 64 * KIB, writes: 4 * KIB },
};

/** Routes of a script that is run by `scgi run`, and by its runtime alone. */
export const routes: Record<RouteName, Scenario> = {
  "static route": { name: "static route", ...hello, path: "/static" },
  "route with a parameter": { name: "route with a parameter", ...hello, path: "/hello/World" },
  "fetch handler": { name: "fetch handler", ...hello, path: "/elsewhere" },
};

export type RouteName = "static route" | "route with a parameter" | "fetch handler";

export type ScenarioName =
  | "hello"
  | "json"
  | "headers"
  | "post1k"
  | "post1m"
  | "reply1m"
  | "bytes1m"
  | "stream"
  | "chunks"
  | "echo1m"
  | "events"
  | "upload256m"
  | "download256m";

const LANGUAGES = "en-GB,en;q=0.9,de;q=0.8";
/** Headers that a browser sends; where more are asked for, others of the same kind follow. */
const HEADERS: readonly [string, string][] = [
  ["HTTP_HOST", "localhost:8080"],
  ["HTTP_USER_AGENT", USER_AGENT],
  ["HTTP_ACCEPT", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"],
  ["HTTP_ACCEPT_LANGUAGE", LANGUAGES],
  ["HTTP_ACCEPT_ENCODING", "gzip, deflate, br, zstd"],
  ["HTTP_COOKIE", "session=0123456789abcdef0123456789abcdef; theme=dark"],
  ["HTTP_REFERER", "http://localhost:8080/somewhere/else"],
  ["HTTP_CACHE_CONTROL", "max-age=0"],
  ["HTTP_UPGRADE_INSECURE_REQUESTS", "1"],
  ["HTTP_SEC_FETCH_DEST", "document"],
  ["HTTP_SEC_FETCH_MODE", "navigate"],
  ["HTTP_SEC_FETCH_SITE", "same-origin"],
];

/** The target of its requests. */
export function targetOf({ path, name }: Scenario): string {
  return path ?? `/${name}`;
}

/** The head of a request as nginx sends it with its own `scgi_params`, one code unit a byte. */
export function requestHead(scenario: Scenario): string {
  const { method, headers, upload } = scenario;
  const path = targetOf(scenario);
  const pairs: [string, string][] = [
    ["CONTENT_LENGTH", String(upload)],
    ["REQUEST_METHOD", method],
    ["REQUEST_URI", path],
    ["QUERY_STRING", ""],
    ["CONTENT_TYPE", upload > 0 ? "application/octet-stream" : ""],
    ["DOCUMENT_URI", path],
    ["DOCUMENT_ROOT", "/usr/share/nginx/html"],
    ["SCGI", "1"],
    ["SERVER_PROTOCOL", "HTTP/1.1"],
    ["REQUEST_SCHEME", "http"],
    ["REMOTE_ADDR", "127.0.0.1"],
    ["REMOTE_PORT", "40000"],
    ["SERVER_PORT", "8080"],
    ["SERVER_NAME", "localhost"],
    ...HEADERS.slice(0, headers),
  ];
  for (let index = HEADERS.length; index < headers; index++) {
    pairs.push([`HTTP_X_HEADER_${index}`, LANGUAGES]);
  }
  const head = pairs.map(([key, value]) => `${key}\0${value}\0`).join("");
  return `${head.length}:${head},`;
}

/** What a server without a protocol has to know of it. */
export function shapeOf(scenario: Scenario): Shape {
  const { upload, write, writes } = scenario;
  const small = upload <= KIB;
  return {
    wanted: small ? 0 : requestHead(scenario).length + upload,
    write,
    writes,
    text: write === TEXT.length ? TEXT : undefined,
  };
}

/** The headers of the request over HTTP, but for `Host`. */
export function httpHeaders({ headers }: Scenario): Record<string, string> {
  return Object.fromEntries(
    HEADERS.slice(1, headers).map(([name, value]) => [
      name.slice("HTTP_".length).toLowerCase().replaceAll("_", "-"),
      value,
    ]),
  );
}

/** The head of the same request over HTTP: as many fields, of which the last closes the connection. */
export function httpRequestHead(scenario: Scenario): string {
  const { method, headers, upload } = scenario;
  const fields = Object.entries(httpHeaders({ ...scenario, headers: headers - 1 }))
    .map(([name, value]) => `${name}: ${value}\r\n`).join("");
  const body = method === "GET"
    ? ""
    : `content-type: application/octet-stream\r\ncontent-length: ${upload}\r\n`;
  const line = `${method} ${targetOf(scenario)} HTTP/1.1\r\nhost: ${HEADERS[0]![1]}\r\n`;
  return `${line}${fields}${body}connection: close\r\n\r\n`;
}
