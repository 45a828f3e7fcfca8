/**
 * `scgi fetch`: sends one request to an SCGI server and prints the reply, as curl would.
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
import { show } from "../output.ts";
import { Progress, type Transfer } from "../progress.ts";

/** What `--help` says of this command. */
export const USAGE = `  scgi fetch ADDR URL [FLAG]…
    sends a request to the SCGI server at ADDR and prints the reply; URL may be a path alone
      -X, --request METHOD    GET unless given, or POST where there is a body
      -H, --header 'N: V'     a header; may be repeated
      -d, --data DATA         a body, of a form unless a header says otherwise
      --data-file FILE        a body that is streamed from a file, or - for standard input
      --env NAME=VALUE        a CGI variable; without =VALUE it is the environment's; may be
                              repeated
      -i, --include           prints the status and the headers as well
      -o, --output FILE       writes the reply to a file
      -m, --max-time SECONDS  how long all of it may take
      -f, --fail              exits with 22, and no body, for a status from 400 on
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

/** What curl exits with for a status that `--fail` fails for. */
const FAILED_STATUS = 22;
const FORM = "application/x-www-form-urlencoded";

/** A command line that was read. */
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
    write: show,
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
    throw new CommandError(`There was no whole reply within ${maxSeconds} s`, 1);
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
  // What is printed to a terminal is its own progress.
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
    // How long to wait is said by --max-time alone.
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

/** The head of a reply, as curl prints it. */
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
  // As curl has it.
  const data = texts("data")?.join("&");
  const dataFile = text("data-file");
  if (data !== undefined && dataFile !== undefined) {
    throw new CommandError("--data and --data-file are two bodies. Give one of them");
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
    // Without a password that may be in it.
    const shown = text.replace(/\/\/.*@/s, "//");
    throw new CommandError(`${quoted(shown)} is no http URL, and no path`);
  }
  return url;
}

function readMethod(text: string | undefined, body: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  if (!TOKEN.test(text)) {
    throw new CommandError(`--request ${JSON.stringify(text)} is no method`);
  }
  if (FORBIDDEN.test(text)) {
    throw new CommandError(
      `--request ${text} is no method that a Request can have. ` +
        `Give --env REQUEST_METHOD=${text} in its place`,
    );
  }
  if (body !== undefined && !takesBody(text.toUpperCase())) {
    throw new CommandError(`--request ${text} takes no body. Give another method, or no body`);
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
      throw new CommandError(`--header ${quoted(line)} is no header as Name: value`);
    }
  }
  return headers;
}

function readSeconds(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const seconds = /^[0-9]+(\.[0-9]+)?$/.test(text) ? Number(text) : 0;
  // The longest that a timer of the runtimes can take.
  if (seconds > 0 && seconds < 2_147_483) return seconds;
  throw new CommandError(`--max-time is ${quoted(text)}, and no number of seconds`);
}
