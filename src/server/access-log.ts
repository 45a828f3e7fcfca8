/**
 * The access log: a line for each request, in the combined log format with the duration after it.
 *
 * @see https://httpd.apache.org/docs/2.4/logs.html#combined
 * @module
 */

import type { Variables } from "../cgi/variables.ts";

/** The contents of a line. */
export interface LogEntry {
  /** The request's variables; empty for a head that was refused. */
  variables: Variables;
  /** Status of the response; 0 without one. */
  status: number;
  /** Bytes of the response's body. */
  bytes: number;
  /** When the request came, in milliseconds since 1970. */
  time: number;
  /** Time from the request's head to the end of its response, in milliseconds. */
  duration: number;
}

/** A request as it came. */
export interface Arrival {
  readonly variables: Variables;
  /** The time of the day, in milliseconds since 1970. */
  readonly time: number;
  /** The same by a clock that does not jump. */
  readonly begun: number;
}

/** A request that comes now; without variables for a head that was refused. */
export function arrivalOf(variables?: Variables): Arrival {
  // The handler may write to the variables that it is given.
  return { variables: { ...variables }, time: Date.now(), begun: performance.now() };
}

/** The line of a request whose response is over. */
export function lineOf(
  { variables, time, begun }: Arrival,
  { status, bodyBytes: bytes }: { readonly status: number; readonly bodyBytes: number },
): string {
  const duration = performance.now() - begun;
  return formatLogEntry({ variables, status, bytes, time, duration });
}

const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");
// deno-lint-ignore no-control-regex
const UNSAFE = /["\\\x00-\x1f\x7f-\uffff]/g;
// deno-lint-ignore no-control-regex
const UNSAFE_BARE = /["\\\x00-\x20\x7f-\uffff]/g;
/** The lengths that the request's line, and any other value, is cut at. */
const REQUEST_LENGTH = 8192;
const VALUE_LENGTH = 1024;

/** The line of one request, without its end. No text of a client can begin another line. */
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
    quoted(request, REQUEST_LENGTH),
    status || "-",
    bytes || "-",
    quoted(HTTP_REFERER),
    quoted(HTTP_USER_AGENT),
    `${Math.round(duration)}ms`,
  ].join(" ");
}

function quoted(value: string | undefined, most = VALUE_LENGTH): string {
  return `"${value ? escaped(value, most) : "-"}"`;
}

/** A value without quotes, in which a space would be the end. */
function bare(value: string | undefined): string {
  return value ? escaped(value, VALUE_LENGTH, UNSAFE_BARE) : "-";
}

function escaped(value: string, most: number, unsafe: RegExp = UNSAFE): string {
  // No more is escaped than can be shown.
  const text = value.slice(0, most + 1).replace(unsafe, (unit) => {
    const code = unit.charCodeAt(0);
    return code > 0xff ? `\\u${code.toString(16).padStart(4, "0")}` : `\\x${hex(code)}`;
  });
  // An escape that would be cut is left out.
  return text.length <= most ? text : `${text.slice(0, most - 3).replace(/\\[^\\]{0,4}$/, "")}...`;
}

function hex(code: number): string {
  return code.toString(16).padStart(2, "0");
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
