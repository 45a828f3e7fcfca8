/**
 * `scgi fetch`: sends one request to an SCGI server, or to the app of a module, and prints the
 * response, like curl.
 *
 * @module
 */

import process from "node:process";
import { inThisProcess, toDestination } from "../../client/destination.ts";
import { fetchFrom } from "../../client/fetch.ts";
import { ownProcess } from "../../runtime/system/process.ts";
import { findModule } from "../module.ts";
import { programFile } from "../program.ts";
import { adoptSettings } from "../../runtime/system/settings.ts";
import { isTerminal } from "../../runtime/system/terminal.ts";
import { latin1Bytes } from "../../scgi/latin1.ts";
import type { InProcess } from "../../testing/in-process.ts";
import { CommandError } from "../error.ts";
import { openSink, openSource, type Source } from "../files.ts";
import { FETCH_FLAGS, type FetchArguments, parseFetchArguments } from "../fetch-arguments.ts";
import type { Flags } from "../flags.ts";
import { exit, writeStderr } from "../output.ts";
import { Progress, type Transfer } from "../progress.ts";

/** The help of this command. */
export const USAGE = `  scgi fetch ADDR|MODULE URL [FLAG]…
    sends a request to the SCGI server at ADDR, or to the app of MODULE (./app.ts) with no server,
    and prints the response; URL may be a path
      -X, --request METHOD    method (default GET; with a body POST)
      -H, --header 'N: V'     adds a header; may be repeated
      -d, --data DATA         body, as form data unless a Content-Type is given; may be repeated
      --data-file FILE        streams the body from a file, or from standard input for -
      --env NAME[=VALUE]      adds a CGI variable; without =VALUE, the environment variable NAME;
                              may be repeated
      -i, --include           prints the status line and the headers as well
      --raw                   prints the bytes of the response as the server sends them,
                              whether or not they are valid
      -o, --output FILE       writes the response to a file
      -m, --max-time SECONDS  time limit for the whole exchange
      -f, --fail              for a status of 400 or above, prints no body and exits with 22
`;

/** The flags of this command. */
export const FLAGS: Flags = FETCH_FLAGS;

/** The exit status of `--fail`, as that of curl. */
const FAILED_STATUS = 22;

/** Runs the command. */
export async function run(args: string[]): Promise<void> {
  const command = parseFetchArguments(args);
  if (command.module !== undefined) {
    await adoptSettings(findModule(command.module), programFile("cli"), ["fetch", ...args]);
  }
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
    const transferred = transfer(command, progress, signal);
    await (command.module === undefined ? transferred : Promise.race([transferred, idle()]));
  } catch (error) {
    if (signal?.aborted !== true || error !== signal.reason) throw error;
    throw new CommandError(`The response was not complete within ${maxSeconds} s`, 1);
  } finally {
    progress?.stop();
  }
}

/** Rejects where an app has nothing left to do, and has not responded. */
function idle(): Promise<never> {
  return new Promise((_, reject) => {
    ownProcess.onIdle(() =>
      reject(
        new CommandError("The app does not respond: it awaits something that never happens", 1),
      )
    );
  });
}

async function transfer(
  command: FetchArguments,
  progress: Progress | undefined,
  signal: AbortSignal | undefined,
): Promise<void> {
  const counts: Transfer = progress?.transfer ?? { sent: 0, received: 0 };
  const app = command.module === undefined ? undefined : await load(command.module);
  const response = await request(command, app, counts, signal);
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
    if (command.include && !command.raw) await sink.write(latin1Bytes(headOf(response)));
    for await (const bytes of body ?? []) {
      counts.received += bytes.length;
      await sink.write(bytes);
    }
  } finally {
    await sink.close();
  }
  if (app !== undefined) await finish(app, signal);
}

async function load(module: string): Promise<InProcess> {
  const { loadInProcess } = await import("../fetched-module.ts");
  return await loadInProcess(module);
}

/** Waits for the work of an app after its response, and ends the process, which the app may hold. */
async function finish(app: InProcess, signal: AbortSignal | undefined): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    signal?.addEventListener("abort", () => reject(signal.reason));
    // A failure was reported.
    app.settle().then(resolve, () => resolve());
  });
  await exit(0);
}

async function request(
  { to, url, method, headers, data, dataFile, env, raw }: FetchArguments,
  app: InProcess | undefined,
  counts: Transfer,
  signal: AbortSignal | undefined,
): Promise<Response> {
  const source = dataFile === undefined ? undefined : await openSource(dataFile);
  if (source?.length !== undefined) headers.set("content-length", String(source.length));
  counts.toSend = source?.length;
  const body = source === undefined ? data : counted(source, counts);
  // Only --max-time limits the time.
  const destination = app === undefined
    ? toDestination(to, { replyTimeout: 0 })
    : inThisProcess(app.connect);
  return await fetchFrom({ ...destination, raw }, url, {
    env,
    headers,
    method: method ?? (body === undefined ? "GET" : "POST"),
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
