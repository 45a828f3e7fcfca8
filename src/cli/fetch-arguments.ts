/**
 * The arguments of `scgi fetch`: curl's flags, and the request that they describe.
 *
 * @module
 */

import { appendField, CONTROL, FORBIDDEN, TOKEN } from "../cgi/fields.ts";
import { takesBody } from "../cgi/request.ts";
import { fileSystem } from "../runtime/system/file-system.ts";
import { utf8ToLatin1 } from "../scgi/latin1.ts";
import { quoted } from "../scgi/printable.ts";
import { CommandError, hint } from "./error.ts";
import { assignments, type Flags, parseFlags, secondsOf } from "./flags.ts";

/** The flags of `scgi fetch`. */
export const FETCH_FLAGS: Flags = {
  request: { type: "string", short: "X" },
  header: { type: "string", short: "H", multiple: true },
  data: { type: "string", short: "d", multiple: true },
  "data-file": { type: "string" },
  env: { type: "string", multiple: true },
  include: { type: "boolean", short: "i" },
  raw: { type: "boolean" },
  output: { type: "string", short: "o" },
  "max-time": { type: "string", short: "m" },
  fail: { type: "boolean", short: "f" },
};

const FORM = "application/x-www-form-urlencoded";

/** The arguments, parsed and checked. */
export interface FetchArguments {
  /** An address, unless `module` is set. */
  to: string;
  /** The path of a module, whose app is asked in this process. */
  module: string | undefined;
  url: URL;
  method: string | undefined;
  headers: Headers;
  data: string | undefined;
  /** A path, or `-` for standard input. */
  dataFile: string | undefined;
  env: Record<string, string> | undefined;
  include: boolean;
  /** Whether the bytes of the response are printed as they are, its head included. */
  raw: boolean;
  /** A path, or `-` for standard output. */
  output: string | undefined;
  maxSeconds: number | undefined;
  fail: boolean;
}

/**
 * Parses the arguments of `scgi fetch`.
 *
 * @throws {CommandError} where they cannot make a request.
 */
export function parseFetchArguments(args: string[]): FetchArguments {
  const { values, positionals: [to, url, ...more] } = parseFlags(args, FETCH_FLAGS, "fetch");
  if (to === undefined || url === undefined || more.length > 0) {
    throw new CommandError(`scgi fetch needs an address or a module, and a URL. ${hint("fetch")}`);
  }
  const text = (name: string) => values[name] as string | undefined;
  const texts = (name: string) => values[name] as string[] | undefined;
  for (const flag of ["data-file", "output"]) {
    if (text(flag) === "") throw new CommandError(`--${flag} needs the path of a file`);
  }
  // curl joins them in this way.
  const data = texts("data")?.join("&");
  const dataFile = text("data-file");
  if (data !== undefined && dataFile !== undefined) {
    throw new CommandError(
      "--data and --data-file cannot be given together. Leave one of them out",
    );
  }
  if (values.raw === true && values.fail === true) {
    throw new CommandError(
      "--raw and --fail cannot be given together: --raw does not read the status. " +
        "Leave one of them out",
    );
  }
  const headers = readHeaders(texts("header") ?? []);
  if (data !== undefined && !headers.has("content-type")) headers.set("content-type", FORM);
  return {
    to,
    module: isModule(to) ? to : undefined,
    url: readUrl(url),
    method: readMethod(text("request"), data ?? dataFile),
    headers,
    data,
    dataFile,
    env: readVariables(texts("env")),
    include: values.include === true,
    raw: values.raw === true,
    output: text("output"),
    maxSeconds: secondsOf("max-time", text("max-time")),
    fail: values.fail === true,
  };
}

/** The variables of `--env`, without those that the request itself decides. */
function readVariables(pairs: string[] | undefined): Record<string, string> | undefined {
  const variables = assignments("env", pairs);
  const ours = ["CONTENT_LENGTH", "SCGI"].find((name) => Object.hasOwn(variables ?? {}, name));
  if (ours === undefined) return variables;
  throw new CommandError(`--env cannot set ${ours}, which every request has already. Leave it out`);
}

function readUrl(text: string): URL {
  const url = URL.parse(text, "http://localhost/");
  if (url === null || !/^https?:$/.test(url.protocol)) {
    // The URL may contain a password.
    const shown = text.replace(/\/\/.*@/s, "//");
    throw new CommandError(`URL must be an http or https URL or a path, not ${quoted(shown)}`);
  }
  return url;
}

function readMethod(text: string | undefined, body: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  if (!TOKEN.test(text)) {
    throw new CommandError(`--request must be an HTTP method, not ${quoted(text)}`);
  }
  if (FORBIDDEN.test(text)) {
    throw new CommandError(
      `--request cannot be ${text}: the Fetch standard forbids this method. ` +
        `Give --env REQUEST_METHOD=${text} instead`,
    );
  }
  if (body !== undefined && !takesBody(text.toUpperCase())) {
    throw new CommandError(
      `--request ${text} cannot have a body. Give another method, or leave the body out`,
    );
  }
  return text;
}

function readHeaders(lines: string[]): Headers {
  const headers = new Headers();
  for (const line of lines) {
    const colon = line.indexOf(":");
    try {
      if (colon < 1 || CONTROL.test(line)) throw new TypeError("no field");
      appendField(headers, line.slice(0, colon), utf8ToLatin1(line.slice(colon + 1)));
    } catch {
      throw new CommandError(`--header must be 'Name: value', not ${quoted(line)}`);
    }
  }
  return headers;
}

/** Whether an argument names a module, and no address. */
function isModule(text: string): boolean {
  if (/^(?:unix|fd):/.test(text)) return false;
  if (/\.[cm]?[jt]sx?$/.test(text)) return true;
  // The path of a socket is an address that lacks its `unix:`.
  return /^\.{0,2}\//.test(text) && !text.endsWith(".sock") &&
    fileSystem.stat(text)?.kind !== "socket";
}
