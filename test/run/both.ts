/** A script over its runtime's own HTTP server, and the same script over SCGI behind nginx. */

import { afterAll, beforeAll, expect, test } from "bun:test";
import { join } from "node:path";
import process from "node:process";
import { answers, freePort, removeFolder, temporaryFolder } from "../support/address.ts";
import { Child } from "../support/child.ts";
import { exchange, RawConnection, type RawReply } from "../support/raw-http.ts";
import { describeWith } from "../support/require.ts";
import { type Runtime, servingRuntimes, spawnScript } from "../support/server.ts";
import { startWebServer } from "../support/web-server.ts";
import { record, type Row } from "./rows.ts";

/** One of the two. */
export interface Side {
  readonly over: "HTTP" | "SCGI";
  /** The port of 127.0.0.1 that speaks HTTP. */
  readonly port: number;
  /** The script's process. */
  readonly child: Child;
}

/** Both, while they run. */
export interface Both {
  readonly http: Side;
  readonly scgi: Side;
}

/** What is started. */
export interface BothOptions {
  /** The script, from the project's folder; it listens at $PORT of 127.0.0.1 where it can say so. */
  script: string;
  /** The command for the SCGI side. `run` unless set. */
  command?: "run" | "serve";
  /** How Deno is called for the HTTP side. `run` unless set. */
  deno?: "run" | "serve";
  /** The script's own arguments. */
  args?: string[];
  /** Flags of the command. */
  flags?: string[];
  /** The runtimes. Both unless set. */
  on?: readonly Runtime[];
}

const root = join(import.meta.dirname, "../..");

/** What a browser that wants a WebSocket sends. */
export const UPGRADE: string[] = [
  "Upgrade: websocket",
  "Connection: Upgrade",
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
  "Sec-WebSocket-Version: 13",
];

/** Opens a WebSocket, as far as the reply that says so. */
export async function openWebSocket({ port }: Side, path: string): Promise<void> {
  const connection = new RawConnection(port);
  await connection.send([`GET ${path} HTTP/1.1`, "Host: a", ...UPGRADE, "", ""].join("\r\n"));
  await connection.until("HTTP/1.1 101 ");
  connection.reset();
}

type Check = (side: Side) => unknown;

/** Declares tests of a script that runs both ways, once for each runtime. */
export function describeBoth(
  title: string,
  options: BothOptions,
  tests: (compare: Compare, runtime: Runtime, both: () => Both) => void,
): void {
  for (const runtime of options.on ?? servingRuntimes) {
    describeWith("nginx", `${title} (${runtime})`, () => {
      let started: (Both & AsyncDisposable) | undefined;
      beforeAll(async () => {
        started = await startBoth(runtime, options);
      }, 30_000);
      afterAll(() => started?.[Symbol.asyncDispose](), 30_000);
      tests(new Compare(runtime, () => started!), runtime, () => started!);
    });
  }
}

/** Declares the tests of rows. */
export class Compare {
  readonly #runtime: Runtime;
  readonly #both: () => Both;

  constructor(runtime: Runtime, both: () => Both) {
    this.#runtime = runtime;
    this.#both = both;
  }

  /** Both do the same: the check passes on both, and what it gives is equal. */
  same(row: Row, name: string, check: Check): void {
    test(name, async () => {
      const { http, scgi } = this.#both();
      const expected = await check(http);
      expect(await check(scgi)).toEqual(expected);
      record({ row, runtime: this.#runtime });
    });
  }

  /** SCGI does something else instead: a check for each. `instead` goes on after "over SCGI". */
  differs(row: Row, name: string, instead: string, checks: { http: Check; scgi: Check }): void {
    test(`${name}; over SCGI ${instead}`, async () => {
      const { http, scgi } = this.#both();
      await checks.http(http);
      await checks.scgi(scgi);
      record({ row, runtime: this.#runtime, instead });
    });
  }
}

/** A reply as it can be compared. */
export interface Compared {
  status: number;
  /** Sorted; without the date, the web server's name and the framing. */
  headers: string[];
  body: string;
}

/** Headers that say how and by whom the reply is carried. */
const CARRIAGE = /^(?:date|server|connection|keep-alive|transfer-encoding|content-length)$/;

/** Sends a request of lines and a body, with the same Host whoever is asked. */
export async function ask(
  { port }: Side,
  request: string,
  headers: string[] = [],
  body: string | Uint8Array = "",
): Promise<Compared> {
  return comparable(await askRaw(port, request, headers, body));
}

/** The same, with the reply as it came. */
export async function askRaw(
  port: number,
  request: string,
  headers: string[] = [],
  body: string | Uint8Array = "",
): Promise<RawReply> {
  const bytes = Buffer.from(body as string);
  const length = bytes.length > 0 ? [`Content-Length: ${bytes.length}`] : [];
  const lines = [
    `${request} HTTP/1.1`,
    "Host: app.test",
    "Connection: close",
    ...length,
    ...headers,
  ];
  return await exchange(port, Buffer.concat([Buffer.from(`${lines.join("\r\n")}\r\n\r\n`), bytes]));
}

/** What can be compared of a reply. */
export function comparable({ status, headers, body }: RawReply): Compared {
  const kept = headers
    .filter(([name]) => !CARRIAGE.test(name))
    // Bun.serve also knows it of a stream that is the body of another Response.
    .filter(([name, value]) => name !== "content-type" || value !== "application/octet-stream")
    .map(([name, value]) => `${name}: ${value}`);
  return { status, headers: kept.sort(), body };
}

/** Starts a script both ways. */
export async function startBoth(runtime: Runtime, options: BothOptions): Promise<
  Both & AsyncDisposable
> {
  const { script, command = "run", args = [], flags = [] } = options;
  await using stack = new AsyncDisposableStack();
  const folder = stack.adopt(temporaryFolder(), removeFolder);
  const own = await freePort();
  const http = stack.adopt(startNative(runtime, own, options), stopped);
  await http.until(() => answers(own), "it listened");
  const listen = `unix:${folder}/app.sock`;
  // nginx started by root gives its workers to www-data, who must be let in.
  const group = process.getuid?.() === 0 ? ["--group", "www-data"] : [];
  const words = ["src/cli.ts", command, "--listen", listen, ...group, ...flags, script, ...args];
  const scgi = stack.adopt(spawnScript(runtime, words), stopped);
  await scgi.until(
    () => /^Listening on .*SCGI/m.test(scgi.stdout + scgi.stderr),
    "it listened",
  );
  const front = stack.use(await startWebServer("nginx", { listen }));
  const running = stack.move();
  return {
    http: { over: "HTTP", port: own, child: http },
    scgi: { over: "SCGI", port: front.port, child: scgi },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

/** Starts a script as its runtime does by itself. */
function startNative(runtime: Runtime, port: number, options: BothOptions): Child {
  const { script, args = [], deno = "run" } = options;
  if (runtime === "bun" || deno === "run") {
    return spawnScript(runtime, [script, ...args], {
      env: { PORT: String(port), DENO_SERVE_ADDRESS: `tcp:127.0.0.1:${port}` },
    });
  }
  const at = ["--port", String(port), "--host", "127.0.0.1"];
  const program = join(root, "node_modules/.bin/deno");
  return new Child(program, ["serve", "-A", ...at, script, ...args], { cwd: root });
}

async function stopped(child: Child): Promise<void> {
  await child.stop();
}
