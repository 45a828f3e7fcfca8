/**
 * The answer of an address: whether it is that of an SCGI server, and how fast it comes.
 *
 * @module
 */

import { formatAddress, type ParsedAddress } from "../../address.ts";
import { ResponseDecoder } from "../../cgi/response-decoder.ts";
import { toVariables } from "../../cgi/to-variables.ts";
import { encodeHead } from "../../scgi/encoder.ts";
import { latin1 } from "../../scgi/latin1.ts";
import { quoted } from "../../scgi/printable.ts";
import { VERSION } from "../version.ts";
import { type Finding, no, note, ok } from "./finding.ts";
import { findProtocol, isHttp } from "./protocols.ts";
import { startLine } from "./shell.ts";
import { type Talk, talk } from "./talk.ts";
import type { User } from "./user.ts";

/** nginx's `scgi_buffer_size` unless set: a page, which is 4 kB on most machines. */
const NGINX_HEAD_BYTES = 4096;
/** The value that `scgi config nginx` sets. */
const PRINTED_HEAD_BYTES = 16_384;
/** Letters of an answer that are shown. */
const SHOWN = 60;

/** The request, and the patience with its answer. */
export interface Question {
  readonly user: User;
  /** The time limit of an answer, in milliseconds. */
  readonly limitMs: number;
  /** The host of the request. */
  readonly host: string;
  /** Whether a socket is known that listens there. */
  readonly listens: boolean;
  /** `scgi_buffer_size` of the nginx in front, in bytes, where it is known. */
  readonly bufferBytes: number | undefined;
}

/** Sends one request: HEAD /, which changes nothing in an app that keeps to HTTP. */
export async function checkAnswer(address: ParsedAddress, question: Question): Promise<Finding[]> {
  const { host, limitMs } = question;
  const request = new Request(`http://${host}/`, {
    method: "HEAD",
    headers: { "user-agent": `scgi-check/${VERSION}` },
  });
  const env = { REMOTE_ADDR: "127.0.0.1" };
  const head = encodeHead(0, toVariables(request, { env }));
  const result = await talk(address, head, limitMs, (bytes) => headLength(bytes) !== undefined);
  if (result.connectMs === undefined) return [unconnected(address, result, question)];
  const connected = ok(
    `${formatAddress(address)} accepts connections (${milliseconds(result.connectMs)})`,
  );
  return [connected, ...await judge(address, result, question)];
}

/** The reason why a connection failed. */
function unconnected(
  address: ParsedAddress,
  { error, timedOut }: Talk,
  question: Question,
): Finding {
  const at = formatAddress(address);
  const start = startLine(at, question.user);
  const unix = "unix" in address;
  if (timedOut) {
    return no(
      `${at} accepts no connection within ${question.limitMs} ms: its backlog is full since the ` +
        "server hangs, or a firewall drops packets. Restart the server",
    );
  }
  switch (error) {
    case "ECONNREFUSED":
      // Bun says so of a full backlog, too.
      if (unix && question.listens) break;
      return no(
        unix
          ? `Nothing listens on ${at}: the server has ended, and left its socket`
          : `Nothing listens on ${at}`,
        start,
      );
    case "ENOENT":
      return no(`${at} does not exist`, start);
    case "EAGAIN":
      break;
    case "EACCES":
    case "EPERM":
      return no(`This process may not connect to ${at}`);
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return no(`${at} has a host name that was not found. Correct the address`);
    default:
      return no(`There is no connection to ${at}: ${error ?? "it was closed"}`);
  }
  return no(
    `${at} accepts no connection: its backlog is full, since the server hangs or is too slow. ` +
      "Restart it, with more processes where it is slow",
    `${start} --workers 4`,
  );
}

async function judge(address: ParsedAddress, talk: Talk, question: Question): Promise<Finding[]> {
  const at = formatAddress(address);
  const { bytes, answerMs, timedOut } = talk;
  const length = headLength(bytes);
  // An HTTP server answers 400 to a head of SCGI; CGI programs may begin with a status line, too.
  if (length === undefined || isHttp(bytes)) {
    const protocol = await findProtocol(address, bytes, question.limitMs);
    if (protocol !== undefined) {
      return [
        no(
          `${at} answers ${protocol.name}, not SCGI. Pass it requests by ${protocol.name}, or ` +
            "give the app an address of SCGI",
          `nginx: ${protocol.directive} ${protocol.name === "HTTP" ? httpUrl(address) : at};`,
          startLine(at, question.user),
        ),
      ];
    }
  }
  if (length === undefined) return [unanswered(at, bytes, timedOut, question)];
  const decoder = new ResponseDecoder();
  try {
    decoder.push(bytes);
  } catch (error) {
    return [no(`${at} answers with a head that web servers refuse. ${(error as Error).message}`)];
  }
  const { status, statusText } = decoder.head!;
  const answer = `${`${status} ${statusText}`.trim()} in ${milliseconds(answerMs!)}`;
  const findings = [
    status < 500
      ? ok(`It speaks SCGI: HEAD / is ${answer}`)
      : no(`It speaks SCGI, but the app fails: HEAD / is ${answer}. Its standard error says why`),
  ];
  return [...findings, ...judgeHead(length, question.bufferBytes)];
}

function unanswered(
  at: string,
  bytes: Uint8Array,
  timedOut: boolean,
  { limitMs }: Question,
): Finding {
  if (bytes.length > 0) {
    const begin = quoted(latin1(bytes, 0, Math.min(bytes.length, SHOWN)));
    return no(`${at} does not speak SCGI, HTTP, uwsgi or FastCGI: its answer begins with ${begin}`);
  }
  if (timedOut) {
    return no(
      `${at} accepts connections and does not answer within ${limitMs} ms: the app hangs, or ` +
        "computes for so long. --request-timeout of scgi serve makes it a 504",
    );
  }
  return no(
    `${at} closes the connection without a byte: its \`allow\` does not name this machine, or the ` +
      "app has ended meanwhile. Its standard error says why",
  );
}

function judgeHead(length: number, bufferBytes: number | undefined): Finding[] {
  const limit = bufferBytes ?? NGINX_HEAD_BYTES;
  if (length <= limit) return [];
  const size = Math.max(PRINTED_HEAD_BYTES, 4096 * Math.ceil(length / 4096)) / 1024;
  const lines = [`scgi_buffer_size ${size}k; scgi_buffers 8 ${size}k;`];
  return bufferBytes === undefined
    ? [
      note(
        `The head has ${length} bytes: nginx answers 502 over 4096, unless its site has`,
        ...lines,
      ),
    ]
    : [no(`The head has ${length} bytes: nginx answers 502 over its ${limit}`, ...lines)];
}

/** The length of a head with its empty line; undefined while the line is missing. */
function headLength(bytes: Uint8Array): number | undefined {
  const match = /\r?\n\r?\n/.exec(latin1(bytes, 0, bytes.length));
  return match === null ? undefined : match.index + match[0].length;
}

function httpUrl(address: ParsedAddress): string {
  const at = formatAddress(address);
  return "unix" in address ? `http://${at}:` : `http://${at}`;
}

function milliseconds(ms: number): string {
  return `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
}
