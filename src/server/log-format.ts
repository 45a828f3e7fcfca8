/**
 * The formats of the access log: the combined log format, JSON, or a text with fields in braces.
 *
 * @see https://httpd.apache.org/docs/2.4/logs.html#combined
 * @module
 */

import { ScgiError } from "../errors.ts";
import { latin1ToUtf8 } from "../scgi/latin1.ts";
import { quoted } from "../scgi/printable.ts";
import { fieldNames, fieldOf, type LogEntry, type LogField } from "./log-fields.ts";

/** Makes the lines of an access log. */
export interface LogFormat {
  /** The variables of a request that its line shows. */
  readonly variables: readonly string[];
  /** The line of one request, without its end. No text of a client can begin another line. */
  line(entry: LogEntry): string;
}

const COMBINED = '{remote_addr} - {remote_user} [{time_local}] "{request}" {status} ' +
  '{body_bytes_sent} "{http_referer}" "{http_user_agent}"';
/** The format where none is given. */
const TIMED = `${COMBINED} {request_ms}ms`;

/** The keys of JSON, in their order. */
const JSON_KEYS = [
  ...["time_iso8601", "remote_addr", "remote_user", "request_method", "request_uri"],
  ...["server_protocol", "host", "status", "body_bytes_sent", "request_time"],
  ...["http_referer", "http_user_agent"],
];
/** The length that a text in JSON is cut at. */
const JSON_TEXT_LENGTH = 8192;

const FIELD = /\{([a-z][a-z0-9_]*)\}/g;
// deno-lint-ignore no-control-regex
const CONTROLS = /[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]/;

/**
 * Reads the option `logFormat`.
 *
 * @throws {ScgiError} `OPTION_INVALID` for a name that is no field, and a text without any.
 */
export function readLogFormat(format: unknown): LogFormat {
  if (format === undefined) return ofText(TIMED);
  if (format === "combined") return ofText(COMBINED);
  if (format === "json") return ofJson();
  if (typeof format !== "string" || format.search(FIELD) < 0) {
    throw invalid(
      `must be "combined", "json" or a text with fields such as {status}, and is ${quoted(format)}`,
    );
  }
  if (CONTROLS.test(format)) throw invalid(`must be one line, and is ${quoted(format)}`);
  return ofText(format);
}

function ofText(format: string): LogFormat {
  // Texts at even indexes, the names of fields at odd ones.
  const parts = format.split(FIELD).map((part, index) => index % 2 === 0 ? part : named(part));
  const fields = parts.filter((part) => typeof part !== "string");
  return {
    variables: variablesOf(fields),
    line(entry) {
      let line = "";
      for (const part of parts) line += typeof part === "string" ? part : part.text(entry);
      return line;
    },
  };
}

function ofJson(): LogFormat {
  const fields = JSON_KEYS.map((key) => [key, named(key)] as const);
  return {
    variables: variablesOf(fields.map(([, field]) => field)),
    line(entry) {
      const values: Record<string, string | number | null> = {};
      for (const [key, field] of fields) values[key] = jsonValue(field.value(entry));
      return JSON.stringify(values).replace(/[^ -~]/g, escapeUnit);
    },
  };
}

/** A value as JSON has it: bytes of latin1 text are read as UTF-8. */
function jsonValue(value: string | number | undefined): string | number | null {
  if (typeof value !== "string") return value ?? null;
  return latin1ToUtf8(value.slice(0, JSON_TEXT_LENGTH));
}

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

function named(name: string): LogField {
  const field = fieldOf(name);
  if (field !== undefined) return field;
  throw invalid(
    `has {${name}}, which is no field. Fields are ${fieldNames().join(", ")}, ` +
      "and http_ with the name of a header",
  );
}

function variablesOf(fields: readonly LogField[]): string[] {
  return [...new Set(fields.flatMap(({ variables }) => variables))];
}

function invalid(what: string): ScgiError {
  return new ScgiError("OPTION_INVALID", `logFormat ${what}`);
}
