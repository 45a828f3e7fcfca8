/**
 * The request of a case as bytes, in HTTP and in SCGI, and what its reply is. The SCGI server is
 * asked as a web server asks it, and not through the project's own HTTP front: that is an HTTP
 * server of the runtime itself, which would add what a reply lacks and mend what it has wrong.
 */

import { Buffer } from "node:buffer";
import { encodeHead } from "../../src/protocol.ts";
import { parseReply } from "../support/raw-http.ts";

/** A request, without what is sent later of its body. */
export interface Wire {
  method: string;
  target: string;
  headers: readonly string[];
  body: Uint8Array;
  chunked: boolean;
  /** The Content-Length; undefined is none. */
  length: number | undefined;
}

/** How a reply ended. */
export type Ending =
  /** As it declared to. */
  | "complete"
  /** Before that. */
  | "cut"
  /** With bytes beyond what it declared. */
  | "surplus"
  /** Without a byte. */
  | "nothing"
  /** Not at all: its sender went on. */
  | "never"
  /** As its receiver left. */
  | "left";

/** A reply. */
export interface Reply {
  status: number;
  reason: string;
  headers: [name: string, value: string][];
  /** One character a byte. */
  body: string;
  ending: Ending;
}

/** How the peer ended a connection. */
export type Close = "end" | "reset" | undefined;

/** HTTP or SCGI. */
export interface Protocol {
  /** The bytes of a request, without what follows later. */
  encode(wire: Wire): Uint8Array;
  /** The bytes of a later part of a body. */
  part(text: string, wire: Wire): Uint8Array;
  /** The bytes of the end of a body. */
  last(wire: Wire): Uint8Array;
  /** Whether all of a reply that declares its length has come. */
  isWhole(received: string, method: string): boolean;
  /**
   * How a connection is left. The sender of SCGI that closes its side of a TCP connection may still
   * take the reply.
   */
  readonly leaves: "closes" | "resets";
  /** Reads a reply from what has come of it. */
  decode(received: string, method: string, close: Close): Reply;
}

const bytes = (text: string) => Buffer.from(text, "latin1");
const chunk = (body: Uint8Array) =>
  Buffer.concat([bytes(`${body.length.toString(16)}\r\n`), body, bytes("\r\n")]);

/** HTTP/1.1, one request a connection. */
export const http: Protocol = {
  leaves: "closes",
  encode({ method, target, headers, body, chunked, length }) {
    const own = headers.some((line) => /^host:/i.test(line)) ? [] : ["Host: app.test"];
    const framing = chunked
      ? ["Transfer-Encoding: chunked"]
      : length === undefined
      ? []
      : [`Content-Length: ${length}`];
    const lines = [`${method} ${target} HTTP/1.1`, ...own, ...headers, ...framing];
    const head = bytes(`${[...lines, "Connection: close"].join("\r\n")}\r\n\r\n`);
    return Buffer.concat([head, chunked && body.length > 0 ? chunk(body) : body]);
  },
  part: (text, { chunked }) => chunked ? chunk(bytes(text)) : bytes(text),
  last: ({ chunked }) => bytes(chunked ? "0\r\n\r\n" : ""),
  isWhole(received, method) {
    const { reply, declared } = decodeHttp(received, method);
    return declared && (reply.ending === "complete" || reply.ending === "surplus");
  },
  decode(received, method, close) {
    const { reply, declared } = decodeHttp(received, method);
    if (reply.status === 0) return reply;
    if (!declared) {
      reply.ending = close === "end" ? "complete" : close === "reset" ? "cut" : "never";
    } else if (reply.ending === "cut" && close === undefined) reply.ending = "never";
    return reply;
  },
};

function decodeHttp(received: string, method: string): { reply: Reply; declared: boolean } {
  // What is interim stands before the reply.
  const from = /^(?:HTTP\/1\.1 1\d\d .*?\r\n\r\n)*/s.exec(received)![0].length;
  const interim = /^HTTP\/1\.1 100 /.test(received) ? received.slice(from) : received;
  if (!/^HTTP\/1\.[01] \d{3}.*\r\n\r\n/s.test(interim)) return { reply: NONE(), declared: false };
  const { complete, ...reply } = parseReply(interim);
  const field = (name: string) => reply.headers.find(([other]) => other === name)?.[1];
  const length = field("content-length");
  if (isBodyless(method, reply.status)) {
    return {
      reply: { ...reply, ending: reply.body === "" ? "complete" : "surplus" },
      declared: true,
    };
  }
  const chunked = field("transfer-encoding") === "chunked";
  const surplus = !chunked && length !== undefined && reply.body.length > Number(length);
  const ending = complete ? "complete" : surplus ? "surplus" : "cut";
  return { reply: { ...reply, ending }, declared: chunked || length !== undefined };
}

/** SCGI, as a web server speaks it. */
export const scgi: Protocol = {
  leaves: "resets",
  encode({ method, target, headers, body, length }) {
    const [path = "", query = ""] = target.split("?");
    const fields = headers.map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
    });
    const host = fields.find(([name]) => name === "host")?.[1] ?? "app.test";
    const type = fields.find(([name]) => name === "content-type")?.[1];
    const variables: [string, string][] = [
      ["REQUEST_METHOD", method],
      ["REQUEST_URI", target],
      ["QUERY_STRING", query],
      ["DOCUMENT_URI", path],
      ["SERVER_PROTOCOL", "HTTP/1.1"],
      ["SERVER_NAME", "app.test"],
      ["SERVER_PORT", "80"],
      ["REQUEST_SCHEME", "http"],
      ["REMOTE_ADDR", "127.0.0.1"],
      ["REMOTE_PORT", "4001"],
      ["HTTP_HOST", host],
      ...(type === undefined ? [] : [["CONTENT_TYPE", type] as [string, string]]),
    ];
    for (const [name, value] of fields) {
      if (name === "host" || name === "content-type") continue;
      variables.push([`HTTP_${name.toUpperCase().replaceAll("-", "_")}`, value]);
    }
    if (length !== undefined) variables.push(["HTTP_CONTENT_LENGTH", String(length)]);
    return Buffer.concat([encodeHead(length ?? 0, variables), body]);
  },
  part: (text) => bytes(text),
  last: () => bytes(""),
  isWhole: () => false,
  decode(received, method, close) {
    const at = received.indexOf("\r\n\r\n");
    const [first = "", ...lines] = received.slice(0, at).split("\r\n");
    const [, code, reason = ""] = /^Status: (\d{3}) (.+)$/.exec(first) ?? [];
    if (at < 0 || code === undefined) return NONE();
    const headers = lines.map((line): [string, string] => {
      const colon = line.indexOf(": ");
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 2)];
    });
    const body = received.slice(at + 4);
    const status = Number(code);
    const declared = headers.find(([name]) => name === "content-length")?.[1];
    const length = isBodyless(method, status) ? 0 : declared && Number(declared);
    const ending = typeof length === "number" && body.length >= length
      ? body.length > length ? "surplus" : "complete"
      : close === undefined
      ? "never"
      : length === undefined && close === "end"
      ? "complete"
      : "cut";
    return { status, reason, headers, body, ending };
  },
};

const isBodyless = (method: string, status: number) =>
  method === "HEAD" || status === 204 || status === 304;
const NONE = (): Reply => ({ status: 0, reason: "", headers: [], body: "", ending: "nothing" });
