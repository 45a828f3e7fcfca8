/**
 * The floor of a call with the standard classes, apart from the socket: straight code that takes every
 * reply to be right and whole. It makes the head from a URL and headers, and a Response of the reply.
 */

import { Buffer } from "node:buffer";
import { obey } from "./client-calls.ts";
import { ask } from "./client-socket.ts";
import { httpHeaders, scenarios, targetOf } from "./scenarios.ts";

const url = `http://localhost:8080${targetOf(scenarios.hello)}`;
const headers = httpHeaders(scenarios.hello);

await obey(async () => await (await fetch(url, headers)).text());

function fetch(url: string, headers: Readonly<Record<string, string>>): Promise<Response> {
  return ask(headOf(new URL(url), headers), responseOf);
}

/** The head with the variables of our client. */
function headOf(
  { protocol, hostname, host, port, pathname, search }: URL,
  headers: Readonly<Record<string, string>>,
): Uint8Array {
  let text =
    `CONTENT_LENGTH\x000\0SCGI\x001\0REQUEST_METHOD\0GET\0REQUEST_URI\0${pathname}${search}\0` +
    `SCRIPT_NAME\0\0PATH_INFO\0${pathname}\0DOCUMENT_URI\0${pathname}\0` +
    `QUERY_STRING\0${search.slice(1)}\0SERVER_PROTOCOL\0HTTP/1.1\0GATEWAY_INTERFACE\0CGI/1.1\0` +
    `SERVER_SOFTWARE\0scgi\0REQUEST_SCHEME\0${protocol.slice(0, -1)}\0SERVER_NAME\0${hostname}\0` +
    `SERVER_PORT\0${port || "80"}\0CONTENT_TYPE\0\0HTTP_HOST\0${host}\0`;
  for (const name in headers) {
    if (name === "host") continue;
    text += `HTTP_${name.toUpperCase().replaceAll("-", "_")}\0${headers[name]!}\0`;
  }
  return Buffer.from(`${text.length}:${text},`, "latin1");
}

function responseOf(reply: Uint8Array<ArrayBuffer>): Response {
  const bytes = Buffer.from(reply.buffer, reply.byteOffset, reply.length);
  const end = bytes.indexOf("\r\n\r\n");
  const headers: Record<string, string> = {};
  let status = 200;
  for (const line of bytes.toString("latin1", 0, end).split("\r\n")) {
    const colon = line.indexOf(":");
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    if (name === "status") status = parseInt(value);
    else headers[name] = value;
  }
  return new Response(bytes.subarray(end + 4), { status, headers });
}
