/** Servers that may have few file descriptors. */

import { renameSync } from "node:fs";
import { join } from "node:path";
import { freePort, removeFolder, temporaryFolder } from "../support/address.ts";
import { Child } from "../support/child.ts";
import { eventually } from "../support/eventually.ts";
import { command, type Runtime } from "../support/server.ts";
import { head, Peer } from "../behaviour/client.ts";
import type { SocketKind } from "../behaviour/targets.ts";

const root = join(import.meta.dirname, "../..");
const PATIENCE_MS = 1000;
/** Sets the hard limit with the soft one, which the runtimes raise to it. */
const LIMITED = 'ulimit -n "$1"; shift; exec "$@"';

/** What is started, and how many file descriptors it may have. */
export interface LimitedServe {
  runtime: Runtime;
  socket: SocketKind;
  /** Whether it inherits its listening socket as `fd:3`. */
  inherits: boolean;
  descriptors: number;
  args?: string[];
}

/** A server that may have few file descriptors. */
export class LimitedServer {
  readonly address: string;
  readonly process: Child;
  readonly #folder: string | undefined;

  private constructor(address: string, process: Child, folder: string | undefined) {
    this.address = address;
    this.process = process;
    this.#folder = folder;
  }

  /** Starts one, and waits until it listens. */
  static async started(options: LimitedServe): Promise<LimitedServer> {
    const { runtime, socket, inherits, descriptors, args = [] } = options;
    const folder = socket === "Unix" ? temporaryFolder() : undefined;
    const address = folder === undefined
      ? `127.0.0.1:${await freePort()}`
      : `unix:${folder}/app.sock`;
    const held = inherits ? listenFor(address) : undefined;
    const child = new Child("/bin/sh", [
      ...["-c", LIMITED, "sh", String(descriptors)],
      ...command(runtime, [
        ...["src/cli.ts", "serve", "--listen", held === undefined ? address : "fd:3"],
        ...args,
        "test/hostile/app.ts",
      ]).flat(),
    ], { cwd: root, ...held === undefined ? {} : { fd: held.fd } });
    await child.until(() => child.stdout.startsWith("Listening on "), "it listened");
    held?.stop();
    return new LimitedServer(address, child, folder);
  }

  /** Connects. */
  open(): Promise<Peer> {
    return Peer.open(this.address);
  }

  /** Sends one request, and gives the status of its reply; undefined where there is none in time. */
  async ask(patience = PATIENCE_MS): Promise<number | undefined> {
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, patience);
    const asking = this.#ask(late).catch(() => undefined);
    const status = await Promise.race([asking, late.then(() => undefined)]);
    clearTimeout(timer);
    return status;
  }

  /** A backlog that is full lets who connects wait for long, which cannot be given up. */
  async #ask(late: Promise<void>): Promise<number | undefined> {
    const peer = await this.open();
    late.then(() => peer.leave());
    await peer.send(head("/hello"));
    await peer.ended;
    peer.leave();
    const status = /^Status: (\d+)/.exec(peer.received)?.[1];
    return status === undefined ? undefined : Number(status);
  }

  /** Asks until the reply has a status. */
  async answers(status: number): Promise<void> {
    await eventually(() => this.ask(), (answer) => answer === status);
  }

  async stop(): Promise<void> {
    const status = await this.process.stop();
    if (this.#folder !== undefined) removeFolder(this.#folder);
    if (status !== 0) throw new Error(`The server ended with ${status}:\n${this.process.stderr}`);
  }
}

/** Opens a listening socket for another process. */
function listenFor(address: string): { fd: number; stop(): void } {
  const socket = { data() {} };
  const path = /^unix:(.+)/.exec(address)?.[1];
  if (path === undefined) {
    const [hostname = "", port] = address.split(":");
    return Bun.listen({ hostname, port: Number(port), socket }) as never;
  }
  const listener = Bun.listen({ unix: `${path}.own`, socket });
  // Bun removes the path that it has bound when it lets go of the socket.
  renameSync(`${path}.own`, path);
  return listener as never;
}
