/**
 * The fields of a line of the access log, with the names that nginx gives them. No value of a client
 * can end its line, its quotes or a terminal's state.
 *
 * @see https://nginx.org/en/docs/http/ngx_http_log_module.html
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

export interface LogField {
  /** The variables that its value is made of. */
  readonly variables: readonly string[];
  /** The value in JSON; undefined where it is not known. */
  value(entry: LogEntry): string | number | undefined;
  /** The value in a text, escaped; a dash where it is not known. */
  text(entry: LogEntry): string;
}

/** The lengths that the request's line and its target, and any other value, are cut at. */
const REQUEST_LENGTH = 8192;
const VALUE_LENGTH = 1024;
// deno-lint-ignore no-control-regex
const UNSAFE = /["\\\x00-\x1f\x7f-\uffff]/g;
/** Values that the combined format has outside of quotes, where a space is the end. */
// deno-lint-ignore no-control-regex
const UNSAFE_BARE = /["\\\x00-\x20\x7f-\uffff]/g;

/** Fields by their names. */
const FIELDS: Readonly<Record<string, LogField>> = {
  remote_addr: variable("REMOTE_ADDR", UNSAFE_BARE),
  remote_port: variable("REMOTE_PORT", UNSAFE_BARE),
  remote_user: variable("REMOTE_USER", UNSAFE_BARE),
  time_local: made((entry) => commonTime(entry.time)),
  time_iso8601: made(({ time }) => new Date(time).toISOString()),
  request: from(["REQUEST_METHOD", "REQUEST_URI", "SCRIPT_NAME", "SERVER_PROTOCOL"], requestLine),
  request_method: variable("REQUEST_METHOD"),
  request_uri: from(["REQUEST_URI", "SCRIPT_NAME"], target),
  server_protocol: variable("SERVER_PROTOCOL"),
  host: variable("HTTP_HOST"),
  status: counted(({ status }) => status || undefined),
  body_bytes_sent: counted(({ bytes }) => bytes),
  request_time: {
    variables: [],
    value: ({ duration }) => Math.round(duration) / 1000,
    text: ({ duration }) => (duration / 1000).toFixed(3),
  },
  request_ms: made(({ duration }) => String(Math.round(duration))),
};

/** The names of all fields but those of the request's headers. */
export const FIELD_NAMES: readonly string[] = Object.keys(FIELDS);

/** A field by its name: one of {@linkcode FIELD_NAMES}, or `http_` and the name of a header. */
export function fieldOf(name: string): LogField | undefined {
  if (Object.hasOwn(FIELDS, name)) return FIELDS[name];
  return /^http_[a-z0-9_]+$/.test(name) ? variable(name.toUpperCase()) : undefined;
}

function variable(name: string, unsafe: RegExp = UNSAFE): LogField {
  return {
    variables: [name],
    value: ({ variables }) => variables[name] || undefined,
    text: ({ variables }) => escaped(variables[name], VALUE_LENGTH, unsafe),
  };
}

/** A field of several variables, that may be long. */
function from(variables: readonly string[], read: (variables: Variables) => string): LogField {
  return {
    variables,
    value: ({ variables }) => read(variables) || undefined,
    text: ({ variables }) => escaped(read(variables), REQUEST_LENGTH, UNSAFE),
  };
}

/** A field whose text is safe as it is. */
function made(text: (entry: LogEntry) => string): LogField {
  return { variables: [], value: text, text };
}

function counted(value: (entry: LogEntry) => number | undefined): LogField {
  return { variables: [], value, text: (entry) => String(value(entry) || "-") };
}

function target({ REQUEST_URI, SCRIPT_NAME }: Variables): string {
  return REQUEST_URI || SCRIPT_NAME || "";
}

function requestLine(variables: Variables): string {
  const { REQUEST_METHOD, SERVER_PROTOCOL = "" } = variables;
  return REQUEST_METHOD === undefined
    ? ""
    : `${REQUEST_METHOD} ${target(variables)} ${SERVER_PROTOCOL}`.trim();
}

function escaped(value: string | undefined, most: number, unsafe: RegExp): string {
  if (!value) return "-";
  // No more is escaped than can be shown.
  const text = value.slice(0, most + 1).replace(unsafe, (unit) => {
    const code = unit.charCodeAt(0);
    return code > 0xff ? `\\u${hex(code).padStart(4, "0")}` : `\\x${hex(code)}`;
  });
  // An escape that would be cut is left out.
  return text.length <= most ? text : `${text.slice(0, most - 3).replace(/\\[^\\]{0,4}$/, "")}...`;
}

function hex(code: number): string {
  return code.toString(16).toUpperCase().padStart(2, "0");
}

const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");
const SECOND_MS = 1000;
let second = NaN;
let ofSecond = "";

/** The time of the combined format, which is made once a second. */
function commonTime(time: number): string {
  const now = Math.floor(time / SECOND_MS);
  if (now !== second) {
    const date = new Date(time);
    const [day, hour, minute, seconds] = [
      date.getUTCDate(),
      date.getUTCHours(),
      date.getUTCMinutes(),
      date.getUTCSeconds(),
    ].map((part) => String(part).padStart(2, "0"));
    const month = MONTHS[date.getUTCMonth()];
    ofSecond = `${day}/${month}/${date.getUTCFullYear()}:${hour}:${minute}:${seconds} +0000`;
    second = now;
  }
  return ofSecond;
}
