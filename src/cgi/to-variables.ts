/**
 * CGI variables from a `Request`, for a client of an SCGI server.
 *
 * @see https://www.rfc-editor.org/rfc/rfc3875#section-4.1
 * @module
 */

import { utf8ToLatin1 } from "../scgi/latin1.ts";
import { connectionFields, HOP_BY_HOP } from "./hop-by-hop.ts";
import { percentDecode } from "./percent.ts";

/** Fields that are connection-specific, that CGI has other variables for, or that are unsafe. */
const NOT_PASSED: ReadonlySet<string> = new Set([
  ...HOP_BY_HOP,
  "content-length",
  "content-type",
  "expect",
  "host",
  "proxy",
  "proxy-authorization",
]);

/** Options of {@linkcode toVariables}. */
export interface VariablesOptions {
  /** URL of the request. `request.url` unless set. */
  url?: URL | undefined;
  /** The beginning of the URL's path that is `SCRIPT_NAME`. Empty unless set. */
  scriptName?: string | undefined;
  /** Variables to add to those of the request, which they replace. */
  env?: Readonly<Record<string, string>> | undefined;
}

/** The fields of a request, as a `Headers` gives them: in the order of their names, in lower case. */
export interface RequestFields {
  get(name: string): string | null;
  forEach(call: (value: string, name: string) => void): void;
}

/** The parts of a request that its variables are made of. */
export interface VariablesSource {
  readonly method: string;
  readonly url: string;
  readonly headers: RequestFields;
}

/** The variables of a request, in the order of web servers. */
export function toVariables(
  request: VariablesSource,
  { url = new URL(request.url), scriptName = "", env }: VariablesOptions = {},
): [string, string][] {
  const { headers } = request;
  const https = url.protocol === "https:";
  const script = decodePath(scriptName);
  const info = decodePath(url.pathname.slice(scriptName.length));
  const variables: [string, string][] = [
    ["REQUEST_METHOD", request.method],
    ["REQUEST_URI", requestTarget(url)],
    ["SCRIPT_NAME", script],
    ["PATH_INFO", info],
    ["DOCUMENT_URI", script + info],
    ["QUERY_STRING", url.search.slice(1)],
    ["SERVER_PROTOCOL", "HTTP/1.1"],
    ["GATEWAY_INTERFACE", "CGI/1.1"],
    ["SERVER_SOFTWARE", "scgi"],
    ["REQUEST_SCHEME", https ? "https" : "http"],
  ];
  if (https) variables.push(["HTTPS", "on"]);
  variables.push(
    ["SERVER_NAME", unbracketed(url.hostname)],
    ["SERVER_PORT", url.port || (https ? "443" : "80")],
    ["CONTENT_TYPE", headers.get("content-type") ?? ""],
    ["HTTP_HOST", headers.get("host") ?? url.host],
  );
  const dropped = connectionFields(headers.get("connection"));
  headers.forEach((value, name) => {
    // A field `x_a` would pass for `x-a`, whose variable has the same name.
    if (NOT_PASSED.has(name) || dropped.has(name) || name.includes("_")) return;
    variables.push([variableOf(name), value]);
  });
  for (const name in env) {
    const value = utf8ToLatin1(env[name]!);
    const same = variables.find((variable) => variable[0] === name);
    if (same === undefined) variables.push([name, value]);
    else same[1] = value;
  }
  return variables;
}

/** A host name, IPv6 without its brackets. */
function unbracketed(hostname: string): string {
  return hostname.startsWith("[") ? hostname.slice(1, -1) : hostname;
}

/** The variables of fields by their names, which are mostly the same ones. */
const names: Map<string, string> = new Map();
/** How many are kept, and how long they are: the clients of a gateway choose them. */
const MAX_NAMES = 512;
const MAX_NAME_LENGTH = 64;

/** The variable of a field. To make its name anew takes 0.5 µs more. */
function variableOf(name: string): string {
  const known = names.get(name);
  if (known !== undefined) return known;
  const variable = `HTTP_${name.toUpperCase().replaceAll("-", "_")}`;
  if (name.length <= MAX_NAME_LENGTH && names.size < MAX_NAMES) names.set(name, variable);
  return variable;
}

/** The path and the query of a URL. */
export function requestTarget({ href, pathname, search }: URL): string {
  if (search !== "") return pathname + search;
  // `search` drops a question mark before an empty query.
  return href.includes("?") && /^[^?#]*\?(?:#|$)/.test(href) ? `${pathname}?` : pathname;
}

/** The decoded path of a URL, as latin1 text. `%00` stays: a variable cannot hold a NUL. */
export function decodePath(path: string): string {
  return path.includes("%") ? percentDecode(path).replaceAll("\0", "%00") : path;
}
