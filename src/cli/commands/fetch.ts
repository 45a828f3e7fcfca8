/**
 * `scgi fetch`: sends one request to an SCGI server and prints the response, like curl.
 *
 * @module
 */

import process from "node:process";
import { appendField, CONTROL, FORBIDDEN, TOKEN } from "../../cgi/fields.ts";
import { takesBody } from "../../cgi/request.ts";
import { fetch } from "../../client/fetch.ts";
import { quoted } from "../../scgi/printable.ts";
import { isTerminal } from "../../runtime/system/terminal.ts";
import { latin1Bytes, utf8ToLatin1 } from "../../scgi/latin1.ts";
import { CommandError, hint } from "../error.ts";
import { openSink, openSource, type Source } from "../files.ts";
import { assignments, type Flags, parseFlags } from "../flags.ts";
import { writeStderr } from "../output.ts";
import { Progress, type Transfer } from "../progress.ts";

/** The help of this command. */
export const USAGE = `  scgi fetch ADDR URL [FLAG]…
    sends a request to the SCGI server at ADDR and prints the response; URL may be a path
      -X, --request METHOD    method (default GET; with a body POST)
      -H, --header 'N: V'     adds a header; may be repeated
      -d, --data DATA         body, as form data unless a Content-Type is given; may be repeated
      --data-file FILE        streams the body from a file, or from standard input for -
      --env NAME[=VALUE]      adds a CGI variable; without =VALUE, the environment variable NAME;
                              may be repeated
      -i, --include           prints the status line and the headers as well
      -o, --output FILE       writes the response to a file
      -m, --max-time SECONDS  time limit for the whole exchange
      -f, --fail              for a status of 400 or above, prints no body and exits with 22
`;

/** The flags of this command. */
export const FLAGS: Flags = {
  request: { type: "string", short: "X" },
  header: { type: "string", short: "H", multiple: true },
  data: { type: "string", short: "d", multiple: true },
  "data-file": { type: "string" },
  env: { type: "string", multiple: true },
  include: { type: "boolean", short: "i" },
  output: { type: "string", short: "o" },
  "max-time": { type: "string", short: "m" },
  fail: { type: "boolean", short: "f" },
};

/** The exit status of `--fail`, as that of curl. */
const FAILED_STATUS = 22;
const FORM = "application/x-www-form-urlencoded";
/** A timer of the runtimes cannot wait longer. */
const LONGEST_SECONDS = 2_147_483;

/** The arguments, parsed. */
interface Command {
  to: string;
  url: URL;
  method: string | undefined;
  headers: Headers;
  data: string | undefined;
  dataFile: string | undefined;
  env: Record<string, string> | undefined;
  include: boolean;
  output: string | undefined;
  maxSeconds: number | undefined;
  fail: boolean;
}

/** Runs the command. */
export async function run(args: string[]): Promise<void> {
  const command = readCommand(args);
  const { maxSeconds } = command;
  const terminal = {
    write: writeStderr,
    get columns() {
      return process.stderr.columns;
    },
  };
  const progress = isTerminal("stderr") ? new Progress(terminal) : undefined;
  const signal = maxSeconds === undefined ? undefined : AbortSignal.timeout(maxSeconds * 1000);
  try {
    await transfer(command, progress, signal);
  } catch (error) {
    if (signal?.aborted !== true || error !== signal.reason) throw error;
    throw new CommandError(`The response was not complete within ${maxSeconds} s`, 1);
  } finally {
    progress?.stop();
  }
}

async function transfer(
  command: Command,
  progress: Progress | undefined,
  signal: AbortSignal | undefined,
): Promise<void> {
  const counts: Transfer = progress?.transfer ?? { sent: 0, received: 0 };
  const response = await request(command, counts, signal);
  const { status, statusText, headers, body } = response;
  if (command.fail && status >= 400) {
    await body?.cancel();
    const answer = `${status} ${statusText}`.trim();
    throw new CommandError(`The server answered ${answer}`, FAILED_STATUS);
  }
  counts.toReceive = Number(headers.get("content-length")) || undefined;
  // A body on the terminal shows the progress by itself.
  const toTerminal = (command.output ?? "-") === "-" && isTerminal("stdout");
  if (toTerminal) progress?.stop();
  const sink = await openSink(command.output);
  try {
    if (command.include) await sink.write(latin1Bytes(headOf(response)));
    for await (const bytes of body ?? []) {
      counts.received += bytes.length;
      await sink.write(bytes);
    }
  } finally {
    await sink.close();
  }
}

async function request(
  { to, url, method, headers, data, dataFile, env }: Command,
  counts: Transfer,
  signal: AbortSignal | undefined,
): Promise<Response> {
  const source = dataFile === undefined ? undefined : await openSource(dataFile);
  if (source?.length !== undefined) headers.set("content-length", String(source.length));
  counts.toSend = source?.length;
  const body = source === undefined ? data : counted(source, counts);
  return await fetch(url, {
    to,
    env,
    headers,
    method: method ?? (body === undefined ? "GET" : "POST"),
    // Only --max-time limits the time.
    replyTimeout: 0,
    ...(body === undefined ? {} : { body }),
    ...(signal === undefined ? {} : { signal }),
  });
}

function counted({ stream }: Source, counts: Transfer): ReadableStream<Uint8Array> {
  return stream.pipeThrough(
    new TransformStream({
      transform(bytes, controller) {
        counts.sent += bytes.length;
        controller.enqueue(bytes);
      },
    }),
  );
}

/** The head of a response, as curl prints it. */
function headOf({ status, statusText, headers }: Response): string {
  const lines = [`HTTP/1.1 ${status} ${statusText}`.trimEnd()];
  headers.forEach((value, name) => lines.push(`${name}: ${value}`));
  return `${lines.join("\r\n")}\r\n\r\n`;
}

function readCommand(args: string[]): Command {
  const { values, positionals: [to, url, ...more] } = parseFlags(args, FLAGS, "fetch");
  if (to === undefined || url === undefined || more.length > 0) {
    throw new CommandError(`scgi fetch needs an address and a URL. ${hint("fetch")}`);
  }
  const text = (name: string) => values[name] as string | undefined;
  const texts = (name: string) => values[name] as string[] | undefined;
  // As curl joins them.
  const data = texts("data")?.join("&");
  const dataFile = text("data-file");
  if (data !== undefined && dataFile !== undefined) {
    throw new CommandError(
      "--data and --data-file cannot be given together. Leave one of them out",
    );
  }
  const headers = readHeaders(texts("header") ?? []);
  if (data !== undefined && !headers.has("content-type")) headers.set("content-type", FORM);
  return {
    to,
    url: readUrl(url),
    method: readMethod(text("request"), data ?? dataFile),
    headers,
    data,
    dataFile,
    env: assignments("env", texts("env")),
    include: values.include === true,
    output: text("output"),
    maxSeconds: readSeconds(text("max-time")),
    fail: values.fail === true,
  };
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

function readSeconds(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const seconds = /^[0-9]+(\.[0-9]+)?$/.test(text) ? Number(text) : 0;
  if (seconds > 0 && seconds < LONGEST_SECONDS) return seconds;
  throw new CommandError(
    `--max-time must be a number of seconds above 0 and below ${LONGEST_SECONDS}, ` +
      `not ${quoted(text)}`,
  );
}
