/**
 * The header fields of a request, from CGI variables.
 *
 * @see https://www.rfc-editor.org/rfc/rfc3875#section-4.1.18
 * @module
 */

import type { Variables } from "./variables.ts";

/** Matches a method or a field name (RFC 9110, section 5.6.2). */
export const TOKEN: RegExp = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** Matches a method that no `Request` has. */
export const FORBIDDEN: RegExp = /^(?:CONNECT|TRACE|TRACK)$/i;

/** Matches a character that no field has (RFC 9110, section 5.5): a control other than TAB. */
// deno-lint-ignore no-control-regex
export const CONTROL: RegExp = /[\x00-\x08\x0a-\x1f\x7f]/;

const BREAKS = /[\0\r\n]/g;

/** Fields that come from other variables, or that are the web server's business. */
const NOT_PASSED: ReadonlySet<string> = new Set([
  "content-type",
  "content-length",
  "transfer-encoding",
  "proxy",
]);

/** Field names by variable name; null for a variable that is no field. */
type FieldNames = Map<string, string | null>;
/** So many are kept, and as many that came before; those that come no more are forgotten. */
const NAMES_KEPT = 512;
/** A longer one is not kept. */
const LONGEST_KEPT = 64;
/** A longer one is no field: Deno keeps the names of the last 4,096 fields, however long. */
const LONGEST_FIELD = 1024;
let names: FieldNames = new Map();
let namesBefore: FieldNames = new Map();

/** Calls `add` with each field of a request, its name in lower case. */
export function eachField(
  variables: Variables,
  method: string,
  contentLength: number,
  add: (name: string, value: string) => void,
): void {
  for (const variable in variables) {
    if (!variable.startsWith("HTTP_")) continue;
    const name = fieldName(variable);
    if (name !== null) add(name, fieldValue(variables[variable]!));
  }
  if (variables.CONTENT_TYPE) add("content-type", fieldValue(variables.CONTENT_TYPE));
  // A zero counts where a sender would write it (RFC 9110, section 8.6): web servers make it up.
  if (
    contentLength > 0 ? method !== "GET" && method !== "HEAD" : /^(?:POST|PUT|PATCH)$/.test(method)
  ) {
    add("content-length", String(contentLength));
  }
}

/**
 * Adds a field to headers. Those of Deno join cookies with a comma, and make nothing of a value with
 * a break in it and a space around it, in place of refusing that.
 */
export function appendField(headers: Headers, name: string, value: string): void {
  let [start, end] = [0, value.length];
  while (isBlank(value[start])) start++;
  while (end > start && isBlank(value[end - 1])) end--;
  const field = value.slice(start, end);
  const cookies = name.toLowerCase() === "cookie" ? headers.get(name) : null;
  if (cookies === null) headers.append(name, field);
  else headers.set(name, `${cookies}; ${field}`);
}

function isBlank(character: string | undefined): boolean {
  return character === " " || character === "\t";
}

function fieldName(variable: string): string | null {
  if (variable.length > LONGEST_FIELD) return null;
  let name = names.get(variable);
  if (name !== undefined) return name;
  name = namesBefore.get(variable);
  if (name === undefined) {
    name = variable.slice(5).replaceAll("_", "-").toLowerCase();
    if (!TOKEN.test(name) || NOT_PASSED.has(name)) name = null;
  }
  if (variable.length <= LONGEST_KEPT) {
    if (names.size === NAMES_KEPT) {
      namesBefore = names;
      names = new Map();
    }
    names.set(variable, name);
  }
  return name;
}

function fieldValue(value: string): string {
  return value.replace(BREAKS, " ");
}
