/** The targets of this suite: each runtime over each kind of socket, and scripts of each runtime. */

import { afterAll, beforeAll, describe } from "bun:test";
import { randomUUID } from "node:crypto";
import { renameSync } from "node:fs";
import { freePort, removeFolder, temporaryFolder } from "../support/address.ts";
import { eventually } from "../support/eventually.ts";
import { residentMebibytes } from "../support/process.ts";
import { type Runtime, runtimes, type ServerProcess, startScript } from "../support/server.ts";
import { ask, type Asked, head, Peer, type Reply } from "./client.ts";
import type { Sighting } from "./routes/seen.ts";

export const sockets = ["TCP", "Unix"] as const;
export type SocketKind = (typeof sockets)[number];

/** One runtime over one kind of socket. */
export interface Target {
  /** `scgi serve` with the app, or `scgi run` with a script that starts its runtime's own server. */
  command: "serve" | "run";
  runtime: Runtime;
  socket: SocketKind;
}

/** Those that serve a module, or a script that calls `serve()`. */
export const serveTargets: Target[] = runtimes.flatMap((runtime) =>
  sockets.map((socket) => ({ command: "serve" as const, runtime, socket }))
);

/** The same over one kind of socket a runtime, for what is not about sockets. */
export const serveTargetsOnce: Target[] = serveTargets.filter(({ runtime, socket }) =>
  socket === (runtime === "deno" ? "TCP" : "Unix")
);

/** Those of `scgi run`: below what a script sees, the sockets are the same, so one kind each will do. */
const runTargets: Target[] = [
  { command: "run", runtime: "bun", socket: "TCP" },
  { command: "run", runtime: "deno", socket: "Unix" },
];

/** All that can serve this suite's app. */
export const targets: Target[] = [...serveTargets, ...runTargets];

/** Each runtime and command once: Bun and Deno still have both kinds of socket. */
export const targetsOnce: Target[] = [...serveTargetsOnce, ...runTargets];

/** What is started for each target. */
export interface Fixture {
  /** A module for `scgi serve`; this suite's app unless given. */
  module?: string;
  /** A script that listens at the address that is its first argument, instead of a module. */
  script?: string;
  /** Arguments after the address. */
  args?: string[];
  /** Whether the server inherits its listening socket as `fd:3`. */
  inherits?: boolean;
}

/** What serves the app of this suite. */
const APPS: Record<Target["command"], string> = {
  serve: "test/behaviour/app.ts",
  run: "test/behaviour/run-app.ts",
};

/** A server process of one target. */
export class TestServer implements AsyncDisposable {
  readonly command: Target["command"];
  readonly runtime: Runtime;
  readonly socket: SocketKind;
  /** Where it listens, as `--listen` takes it. */
  address = "";
  #process: ServerProcess | undefined;
  #folder: string | undefined;

  private constructor({ command, runtime, socket }: Target) {
    this.command = command;
    this.runtime = runtime;
    this.socket = socket;
  }

  /** A server that is not started yet, for `beforeAll`. */
  static planned(target: Target): TestServer {
    return new TestServer(target);
  }

  /** A server that listens. */
  static async started(target: Target, fixture: Fixture = {}): Promise<TestServer> {
    const server = new TestServer(target);
    await server.start(fixture);
    return server;
  }

  async start({ module, script, args = [], inherits = false }: Fixture): Promise<void> {
    this.address = await this.#place();
    const inherited = inherits ? listenFor(this.address) : undefined;
    const listen = inherited === undefined ? this.address : "fd:3";
    const words = script !== undefined
      ? [script, listen, ...args]
      : ["src/cli.ts", this.command, "--listen", listen, ...args, module ?? APPS[this.command]];
    this.#process = await startScript(this.runtime, words, {
      ...(inherited === undefined ? {} : { fd: inherited.fd }),
    });
    inherited?.stop();
  }

  /** The process that serves. */
  get process(): ServerProcess {
    if (this.#process === undefined) throw new Error("The server was not started");
    return this.#process;
  }

  /** Whether handlers learn that their reply was delivered; `Bun.serve` tells nobody. */
  get completes(): boolean {
    return this.command === "serve" || this.runtime === "deno";
  }

  /** What it said when it listened. */
  get announcement(): string {
    return this.command === "serve" ? this.process.stdout() : this.process.stderr();
  }

  /** What it wrote to stderr beside what it does, which it says there where stdout is a script's. */
  complaints(): string {
    const said = this.process.stderr();
    return this.command === "serve" ? said : said.replace(/^(?:Listening|Stopping) on .+\n/gm, "");
  }

  /** Connects to it. */
  open(): Promise<Peer> {
    return Peer.open(this.address);
  }

  /** Sends one request and gives its reply. */
  ask(target: string, asked?: Asked): Promise<Reply> {
    return ask(this.address, target, asked);
  }

  /** Sends the head of a request. */
  async begin(target: string, asked?: Asked): Promise<Peer> {
    const peer = await this.open();
    await peer.send(head(target, asked));
    return peer;
  }

  /** What a handler saw. */
  async seen(id: string): Promise<Sighting> {
    return (await this.ask(`/seen/${id}`)).json() as Sighting;
  }

  /** Waits until a handler has seen something. */
  saw(id: string, what: (sighting: Sighting) => boolean): Promise<Sighting> {
    return eventually(() => this.seen(id), what);
  }

  /** Begins an echo of some bytes, and waits for the first: it lasts until the others are sent. */
  async hold(length = 2): Promise<Peer> {
    const peer = await this.begin("/echo", { length });
    await peer.send("1");
    await peer.until("\r\n\r\n1");
    return peer;
  }

  /** Sends a signal that stops it, and waits until it says that it stops. */
  async stopping(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    this.process.kill(signal);
    await eventually(() => this.announcement, (text) => text.includes(`Stopping on ${signal}`));
  }

  /** Gives, when it is called, what the server wrote to stderr since then. */
  listenIn(): () => string {
    const before = this.process.stderr().length;
    return () => this.process.stderr().slice(before);
  }

  /** The same, once what it wrote before has come. */
  async listenFromNow(): Promise<() => string> {
    await this.heard(this.listenIn());
    return this.listenIn();
  }

  /**
   * What it wrote to stderr since {@linkcode listenIn}, once a line of the app and a later line of
   * the server, which go different ways, are there too.
   */
  async heard(said: () => string): Promise<string> {
    const [mark, host] = [newId(), newId()];
    await this.ask(`/say/${mark}`);
    await eventually(said, (text) => text.includes(mark));
    await this.ask("/", { variables: { HTTP_HOST: `${host} bad` } });
    await eventually(said, (text) => text.includes(host));
    const isOwn = (line: string) => line.includes(mark) || line.includes(host);
    return said().split("\n").filter((line) => !isOwn(line)).join("\n");
  }

  /** The memory that the process holds, in MiB. */
  memory(): number {
    return residentMebibytes(this.process.pid);
  }

  async stop(): Promise<void> {
    try {
      await this.#process?.stop();
    } finally {
      if (this.#folder !== undefined) removeFolder(this.#folder);
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #place(): Promise<string> {
    if (this.socket === "TCP") return `127.0.0.1:${await freePort()}`;
    this.#folder = temporaryFolder();
    return `unix:${this.#folder}/app.sock`;
  }
}

/** Opens a listening socket for another process; this one never accepts. */
function listenFor(address: string): { fd: number; stop(): void } {
  const socket = { data() {} };
  if (!address.startsWith("unix:")) {
    const [hostname = "", port] = address.split(":");
    return Bun.listen({ hostname, port: Number(port), socket }) as never;
  }
  const path = address.slice("unix:".length);
  const listener = Bun.listen({ unix: `${path}.own`, socket });
  // Bun removes the path that it has bound when it lets go of the socket.
  renameSync(`${path}.own`, path);
  return listener as never;
}

/** Declares tests once for each target that can serve it, with one server that they share. */
export function describeTargets(
  title: string,
  fixture: Fixture,
  tests: (server: TestServer) => void,
): void {
  const own = fixture.module ?? fixture.script;
  describeEach(own === undefined ? targets : serveTargets, title, fixture, tests);
}

/** The same without `scgi run`, for what takes long and is about the sockets below it. */
export function describeServed(
  title: string,
  fixture: Fixture,
  tests: (server: TestServer) => void,
): void {
  describeEach(serveTargets, title, fixture, tests);
}

/** The same for each runtime and command once, for what waits for time-outs. */
export function describeOnce(
  title: string,
  fixture: Fixture,
  tests: (server: TestServer) => void,
): void {
  describeEach(targetsOnce, title, fixture, tests);
}

/** The same once a runtime, for what takes longest. */
export function describeRuntimes(
  title: string,
  fixture: Fixture,
  tests: (server: TestServer) => void,
): void {
  const once = serveTargets.filter(({ runtime, socket }) =>
    socket === (runtime === "bun" ? "TCP" : "Unix")
  );
  describeEach(once, title, fixture, tests);
}

function describeEach(
  all: Target[],
  title: string,
  fixture: Fixture,
  tests: (server: TestServer) => void,
): void {
  describe.each(all)(`${title} ($command, $runtime, $socket)`, (target) => {
    const server = TestServer.planned(target);
    beforeAll(() => server.start(fixture));
    afterAll(() => server.stop());
    tests(server);
  });
}

/** A name for what one handler sees. */
export function newId(): string {
  return randomUUID();
}
