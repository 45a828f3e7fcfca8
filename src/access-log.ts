/**
 * One line for each request, in the combined log format with the duration after it.
 *
 * @see https://httpd.apache.org/docs/2.4/logs.html#combined
 * @module
 */

import type { Variables } from "./cgi/variables.ts";

/** What a line tells. */
export interface LogEntry {
  /** The request's variables; none of a head that was refused. */
  variables: Variables;
  /** Status of the reply; 0 where there was none. */
  status: number;
  /** Bytes of the reply, with its head. */
  bytes: number;
  /** When the request came, in milliseconds since 1970. */
  time: number;
  /** From the request's head to the end of its reply, in milliseconds. */
  duration: number;
}

const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");
// deno-lint-ignore no-control-regex
const UNSAFE = /["\\\x00-\x1f\x7f-\xff]/g;

/** The line of one request, without its end. What a client sends cannot begin another one. */
export function formatLogEntry(entry: LogEntry): string {
  const { variables, status, bytes, time, duration } = entry;
  const { REMOTE_ADDR, REMOTE_USER, REQUEST_METHOD, HTTP_REFERER, HTTP_USER_AGENT } = variables;
  const target = variables.REQUEST_URI || variables.SCRIPT_NAME || "";
  const request = REQUEST_METHOD === undefined
    ? ""
    : `${REQUEST_METHOD} ${target} ${variables.SERVER_PROTOCOL ?? ""}`.trim();
  return [
    bare(REMOTE_ADDR),
    "-",
    bare(REMOTE_USER),
    `[${formatTime(time)}]`,
    quoted(request),
    status || "-",
    bytes || "-",
    quoted(HTTP_REFERER),
    quoted(HTTP_USER_AGENT),
    `${Math.round(duration)}ms`,
  ].join(" ");
}

function quoted(value: string | undefined): string {
  return `"${value ? escaped(value) : "-"}"`;
}

/** A value that stands without quotes, so that a space in it would be the end. */
function bare(value: string | undefined): string {
  return value ? escaped(value).replaceAll(" ", "\\x20") : "-";
}

function escaped(value: string): string {
  return value.replace(
    UNSAFE,
    (byte) => `\\x${byte.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
}

function formatTime(time: number): string {
  const date = new Date(time);
  const [day, hour, minute, second] = [
    date.getUTCDate(),
    date.getUTCHours(),
    date.getUTCMinutes(),
    date.getUTCSeconds(),
  ].map((part) => String(part).padStart(2, "0"));
  const month = MONTHS[date.getUTCMonth()];
  return `${day}/${month}/${date.getUTCFullYear()}:${hour}:${minute}:${second} +0000`;
}
