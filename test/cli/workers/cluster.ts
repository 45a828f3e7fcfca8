/** `scgi serve --workers`, with a module that can be changed while it runs. */

import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { ask, head, Peer, type Reply } from "../../behaviour/client.ts";
import { type SocketKind, sockets } from "../../behaviour/targets.ts";
import { freePort, removeFolder, temporaryFolder } from "../../support/address.ts";
import { Child } from "../../support/child.ts";
import { eventually } from "../../support/eventually.ts";
import { forNode } from "../../support/node.ts";
import { command, type Runtime, runtimes } from "../../support/server.ts";
import type { Answer } from "./app.ts";

const root = join(import.meta.dirname, "../../..");

const APP = join(root, "test/cli/workers/app.ts");

/** Where workers serve. */
export interface Target {
  runtime: Runtime;
  socket: SocketKind;
}

/** Each runtime over each kind of socket. */
export const targets: Target[] = runtimes.flatMap((runtime) =>
  sockets.map((socket) => ({ runtime, socket }))
);

/** The module of an app, whose version is told in its answers. */
export function moduleOf(version: string, before = ""): string {
  return `import { appOf } from "${APP}";\n${before}\nexport default appOf("${version}");\n`;
}

/** A module that does not load. */
export const BROKEN = "throw new Error('It is broken');\n";

/** What the runtimes say of that, once each. */
export const BROKEN_SAYS = /error: It is broken$/gim;

/** What a module begins with that loads only when {@linkcode Cluster.go} has been called. */
export const WAITING = `
import { appendFileSync, existsSync } from "node:fs";
appendFileSync(import.meta.dirname + "/begun", ".");
while (!existsSync(import.meta.dirname + "/go")) await new Promise((wake) => setTimeout(wake, 5));
`;

/** The same, save that the first of two workers does not wait. */
export const ONE_WAITING = WAITING.replace(
  "while (",
  'while (readFileSync(import.meta.dirname + "/begun", "utf8") !== "." && ',
).replace("existsSync }", "existsSync, readFileSync }");

/** What is started. */
export interface Plan {
  /** The text of the module. */
  module?: string;
  /** Further arguments. */
  args?: string[];
  /** The addresses, where it is not that of the target alone. */
  listen?: (own: string) => string[];
  /** A program that starts the command. */
  through?: string[];
}

/** A parent and its workers. */
export class Cluster implements AsyncDisposable {
  /** The folder of its files. */
  readonly folder: string = temporaryFolder();
  /** The module that it serves. */
  readonly module: string;
  /** Where it listens. */
  readonly address: string;
  /** The path of that, where it is a Unix socket. */
  readonly path: string | undefined;
  /** The parent. */
  readonly parent: Child;
  readonly #runtime: Runtime;
  readonly #seen: Set<number> = new Set();
  #files = 0;

  private constructor({ runtime, socket }: Target, port: number, plan: Plan) {
    const { module = moduleOf("one"), args = [], through = [] } = plan;
    this.path = socket === "Unix" ? join(this.folder, "app.sock") : undefined;
    this.address = this.path === undefined ? `127.0.0.1:${port}` : `unix:${this.path}`;
    this.module = join(this.folder, runtime === "node" ? "app.mjs" : "app.ts");
    this.#runtime = runtime;
    this.rewrite(module);
    const { listen: all = (own) => [own] } = plan;
    const listen = all(this.address).flatMap((address) => ["--listen", address]);
    const serve = ["src/cli.ts", "serve", this.module, "--workers", "2", ...listen, ...args];
    const [program = "", ...words] = [...through, ...command(runtime, serve).flat()];
    this.parent = new Child(program, words, { cwd: root });
  }

  /** Starts one, and waits for nothing. */
  static async starting(target: Target, plan: Plan = {}): Promise<Cluster> {
    return new Cluster(target, await freePort(), plan);
  }

  /** Starts one, and waits until it listens. */
  static async started(target: Target, plan: Plan = {}): Promise<Cluster> {
    const cluster = await Cluster.starting(target, plan);
    await cluster.says(/^Listening on /m);
    return cluster;
  }

  /** Writes the text of the module. */
  rewrite(module: string): void {
    const text = this.#runtime === "node" ? module.replaceAll(APP, forNode(APP)) : module;
    writeFileSync(this.module, text);
  }

  /** The process ids of the workers that there are now. */
  workers(): number[] {
    const pids = childrenOf(this.parent.pid);
    for (const pid of pids) this.#seen.add(pid);
    return pids;
  }

  /** Those of all that a test has seen and that are still there. */
  left(): number[] {
    return [...this.#seen].filter(isAlive);
  }

  /** Waits for something on stdout or stderr. */
  async says(what: RegExp): Promise<RegExpExecArray> {
    const said = () => what.exec(this.parent.stdout + this.parent.stderr);
    await this.parent.until(() => said() !== null, `it said ${what}`);
    return said()!;
  }

  /** What stderr says of workers that have ended. */
  ends(): { pid: number; how: string; delay: number }[] {
    const lines = this.parent.stderr.matchAll(
      /^scgi: worker (\d+) ended \(([^)]+)\); another worker starts in (\d+) ms$/gm,
    );
    return [...lines].map(([, pid, how = "", delay]) => ({
      pid: Number(pid),
      how,
      delay: Number(delay),
    }));
  }

  /** Waits until so many workers are there, and none of some others. */
  async replaced(old: readonly number[], count = old.length): Promise<number[]> {
    return await eventually(
      () => this.workers(),
      (pids) => pids.length === count && !pids.some((pid) => old.includes(pid)),
    );
  }

  /** Waits until one has begun to load a module that waits, or more. */
  async begun(count = 1): Promise<void> {
    await eventually(() => this.begins(), (begins) => begins >= count);
  }

  /** How many have begun to. */
  begins(): number {
    return readOr("", () => readFileSync(join(this.folder, "begun"), "utf8")).length;
  }

  /** Lets them load it. */
  go(): void {
    writeFileSync(join(this.folder, "go"), "");
  }

  /** The path of a file that is not there yet. */
  file(): string {
    return join(this.folder, `file-${++this.#files}`);
  }

  ask(target: string): Promise<Reply> {
    return inTime(ask(this.address, target), `a reply to ${target}`);
  }

  /** Who answers. */
  async who(query = ""): Promise<Answer> {
    return (await this.ask(`/who${query}`)).json() as Answer;
  }

  /** Sends a request. */
  async begin(target: string): Promise<Peer> {
    const peer = await Peer.open(this.address);
    await peer.send(head(target));
    return peer;
  }

  /** Ends what is left, at once; that it ends well is for tests to see. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.workers();
    this.parent.kill("SIGKILL");
    for (const pid of this.left()) process.kill(pid, "SIGKILL");
    await this.parent.exited;
    removeFolder(this.folder);
  }
}

/** Some work, so that one worker alone cannot take all of many requests. */
const BUSY = "/who?rounds=500";

/** The process ids that answer many requests at the same time. */
export async function answering(address: string): Promise<number[]> {
  const requests = Array.from({ length: 8 }, () => ask(address, BUSY));
  const replies = await inTime(Promise.all(requests), "replies to all");
  return replies.map((reply) => (reply.json() as Answer).pid);
}

/** Asks until so many processes have answered, and gives their ids in order. */
export async function allAnswering(address: string): Promise<number[]> {
  const pids = new Set<number>();
  await eventually(async () => {
    for (const pid of await answering(address)) pids.add(pid);
    return pids.size;
  }, (size) => size >= 2);
  return [...pids].sort();
}

/** Requests that each worker has begun, and that go on when they are told. */
export class Gates {
  /** Whose appearance lets them go on. */
  readonly file: string;
  readonly #peers: Peer[] = [];
  /** The process ids of the workers. */
  readonly pids: Set<number> = new Set();

  private constructor(file: string) {
    this.file = file;
  }

  /** Begins them, until so many workers have one. */
  static async begun(cluster: Cluster, workers = 2): Promise<Gates> {
    const gates = new Gates(cluster.file());
    await eventually(async () => {
      await Promise.all(Array.from({ length: 4 }, () => gates.#begin(cluster)));
      return gates.pids.size;
    }, (count) => count >= workers);
    return gates;
  }

  /** Lets them go on; those of one worker, where it is given. */
  open(pid?: number): void {
    writeFileSync(pid === undefined ? this.file : `${this.file}.${pid}`, "");
  }

  /** Gives what is wrong with their replies: nothing. */
  async wrong(): Promise<string[]> {
    const all = Promise.all(this.#peers.map((peer) => peer.reply()));
    const replies = await inTime(all, "all replies");
    return replies
      .filter(({ status, text, ending }) =>
        status !== 200 || ending !== "end" || !text.endsWith("}\nwhole\n")
      )
      .map(({ status, text, ending }) => `${status} ${ending} ${text}`);
  }

  async #begin(cluster: Cluster): Promise<void> {
    const peer = await cluster.begin(`/gate?file=${this.file}`);
    this.#peers.push(peer);
    const answer = await peer.until("}\n");
    this.pids.add((JSON.parse(answer.split("\r\n\r\n")[1]!) as Answer).pid);
  }
}

/** What a worker goes on with when it has answered. */
export class Work {
  /** The process id of the worker. */
  readonly pid: number;
  readonly #file: string;
  readonly #done: string;

  private constructor(pid: number, file: string, done: string) {
    this.pid = pid;
    this.#file = file;
    this.#done = done;
  }

  static async begun(cluster: Cluster): Promise<Work> {
    const [file, done] = [cluster.file(), cluster.file()];
    const reply = await cluster.ask(`/after?file=${file}&done=${done}`);
    return new Work((reply.json() as Answer).pid, file, done);
  }

  /** Lets it go on to its end. */
  goOn(): void {
    writeFileSync(this.#file, "");
  }

  isDone(): boolean {
    return existsSync(this.#done);
  }
}

/** Steady requests of several clients, until they are told to stop. */
export class Load {
  /** What went wrong. */
  readonly failures: string[] = [];
  /** How many answers were right. */
  answers = 0;
  /** Who gave the last one. */
  last: Answer | undefined;
  #stopped = false;
  readonly #clients: Promise<void>[];

  /** Starts them; `send` gives the body of the reply to a GET. */
  constructor(send: (target: string) => Promise<string>, clients = 4) {
    this.#clients = Array.from({ length: clients }, (_, index) => this.#run(send, index));
  }

  /** Requests straight to the socket. */
  static raw(cluster: Cluster): Load {
    return new Load(async (target) => {
      const { status, ending, text } = await cluster.ask(target);
      if (status !== 200 || ending !== "end") throw new Error(`${status} ${ending}: ${text}`);
      return text;
    });
  }

  /** Requests through a web server. */
  static through(origin: string): Load {
    return new Load(async (target) => {
      const reply = await fetch(origin + target);
      const text = await reply.text();
      if (reply.status !== 200) throw new Error(`${reply.status}: ${text}`);
      return text;
    });
  }

  /** Waits for some more answers. */
  async more(count = 50): Promise<void> {
    const enough = this.answers + count;
    await eventually(() => this.answers, (answers) => answers >= enough);
  }

  /** Sends no more, and waits for the answers that are due. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await inTime(Promise.all(this.#clients), "the last answers");
  }

  async #run(send: (target: string) => Promise<string>, client: number): Promise<void> {
    for (let index = 0; !this.#stopped; index++) {
      const text = `${client}-${index}`;
      try {
        const [first, answer = ""] = (await send(`/echo?text=${text}`)).split(" ");
        if (first !== text) throw new Error(`${first} is the answer to ${text}`);
        this.last = JSON.parse(answer) as Answer;
        this.answers++;
      } catch (error) {
        const { code, message } = error as Error & { code?: string };
        this.failures.push(code ?? message);
      }
      await sleep(5);
    }
  }
}

/** Rejects where a promise takes too long: what a test has started is ended only when it fails. */
export async function inTime<T>(promise: Promise<T>, what: string): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`Not in ten seconds: ${what}`)), 10_000);
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** The process ids of what a process has started and that has not ended. */
function childrenOf(pid: number): number[] {
  const threads = readOr([], () => readdirSync(`/proc/${pid}/task`));
  return threads.flatMap((thread) =>
    readOr("", () => readFileSync(`/proc/${pid}/task/${thread}/children`, "utf8"))
      .split(" ").filter((word) => word !== "").map(Number)
  ).filter(isAlive);
}

/** Whether a process runs; one that has ended and that nobody has asked about does not. */
export function isAlive(pid: number): boolean {
  const stat = readOr("", () => readFileSync(`/proc/${pid}/stat`, "utf8"));
  return /\) [^ZX]/.test(stat);
}

function readOr<T>(otherwise: T, action: () => T): T {
  try {
    return action();
  } catch {
    return otherwise;
  }
}
