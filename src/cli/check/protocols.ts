/**
 * Tells the protocol of a server that does not answer to SCGI: asks it HEAD / in other protocols.
 *
 * @module
 */

import type { ParsedAddress } from "../../address.ts";
import { concat } from "../../scgi/bytes.ts";
import { latin1, latin1Bytes } from "../../scgi/latin1.ts";
import { talk } from "./talk.ts";

/** A protocol of web servers. */
export interface Protocol {
  readonly name: string;
  /** nginx's directive in the place of scgi_pass, with its parameters. */
  readonly directive: string;
  /** A request. */
  readonly question: Uint8Array;
  /** Whether an answer is of the protocol. */
  answers(bytes: Uint8Array): boolean;
}

/** The longest time for an answer in each protocol, in milliseconds. */
const ASK_MS = 1000;

const VARIABLES: readonly (readonly [string, string])[] = [
  ["REQUEST_METHOD", "HEAD"],
  ["REQUEST_URI", "/"],
  ["PATH_INFO", "/"],
  ["QUERY_STRING", ""],
  ["SERVER_PROTOCOL", "HTTP/1.1"],
  ["SERVER_NAME", "localhost"],
  ["SERVER_PORT", "80"],
  ["HTTP_HOST", "localhost"],
];

/** Types of records, and the role of a responder, of the FastCGI specification, section 8. */
const FASTCGI = { begin: 1, end: 3, params: 4, stdin: 5, stdout: 6, stderr: 7, responder: 1 };

/** Servers of HTTP are asked first where they have said so; they answer 400 to the others. */
const HTTP: Protocol = {
  name: "HTTP",
  directive: "proxy_pass",
  // Every server of HTTP answers that, and few apps see it.
  question: latin1Bytes("OPTIONS * HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"),
  answers: isHttp,
};
const OTHERS: readonly Protocol[] = [
  {
    name: "uwsgi",
    directive: "include uwsgi_params; uwsgi_pass",
    question: uwsgiRequest(),
    answers: (bytes) => isHttp(bytes) && !/^HTTP\/\S+ 400/.test(beginning(bytes)),
  },
  {
    name: "FastCGI",
    directive: "include fastcgi_params; fastcgi_pass",
    question: fastcgiRequest(),
    answers: ([version, type]) =>
      version === 1 && [FASTCGI.end, FASTCGI.stdout, FASTCGI.stderr].includes(type ?? 0),
  },
];

/** Whether an answer begins as one of HTTP. */
export function isHttp(bytes: Uint8Array): boolean {
  return /^HTTP\/\d/.test(beginning(bytes));
}

/**
 * The protocol that a server answers to.
 *
 * @param first The bytes of its answer to SCGI.
 */
export async function findProtocol(
  address: ParsedAddress,
  first: Uint8Array,
  limitMs: number,
): Promise<Protocol | undefined> {
  for (const protocol of isHttp(first) ? [HTTP] : [...OTHERS, HTTP]) {
    const ms = Math.min(ASK_MS, limitMs);
    const { bytes } = await talk(address, protocol.question, ms, protocol.answers);
    if (protocol.answers(bytes)) return protocol;
  }
  return undefined;
}

function beginning(bytes: Uint8Array): string {
  return latin1(bytes, 0, Math.min(bytes.length, 16));
}

/** The variables in a packet with a length of two bytes, the least first. */
function uwsgiRequest(): Uint8Array {
  const short = (value: number) => String.fromCharCode(value & 255, value >> 8);
  const text = (value: string) => short(value.length) + value;
  const variables = VARIABLES.map((pair) => pair.map(text).join("")).join("");
  return latin1Bytes(`\0${short(variables.length)}\0${variables}`);
}

/** The records of a request that has no body. */
function fastcgiRequest(): Uint8Array {
  const record = (type: number, content: string): Uint8Array => {
    const head = Uint8Array.of(1, type, 0, 1, content.length >> 8, content.length & 255, 0, 0);
    return concat([head, latin1Bytes(content)], head.length + content.length);
  };
  const variables = VARIABLES.map(([name, value]) =>
    String.fromCharCode(name.length, value.length) + name + value
  ).join("");
  const records = [
    record(FASTCGI.begin, `\0${String.fromCharCode(FASTCGI.responder)}\0\0\0\0\0\0`),
    record(FASTCGI.params, variables),
    record(FASTCGI.params, ""),
    record(FASTCGI.stdin, ""),
  ];
  return concat(records, records.reduce((sum, { length }) => sum + length, 0));
}
