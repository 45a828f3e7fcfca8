/**
 * Hostile connections to a server on each runtime, over TCP and Unix sockets in turn: does each get
 * what it may get, do descriptors and handlers go when it goes, and does the memory stay? By hand,
 * as it takes minutes; with the seed of a batch, that batch comes first:
 *
 *     bun run fuzz [SECONDS] [SEED]
 */

import fc from "fast-check";
import process from "node:process";
import { ask } from "../behaviour/client.ts";
import { freePort, temporaryFolder } from "../support/address.ts";
import type { Child } from "../support/child.ts";
import { type Runtime, runtimes, spawnScript } from "../support/server.ts";
import { attack, plainRequest, Watch } from "./client.ts";
import { median, openDescriptors, residentMebibytes } from "../support/process.ts";
import { type Connection, connections } from "./mutations.ts";
import { FLAGS, unexplained } from "./oracle.ts";

const seconds = Number(process.argv[2] ?? 600);
const firstSeed = Number(process.argv[3] ?? Date.now() % 2 ** 31);

const BATCH = 2000;
/** Connections at a time, to each server. */
const LANES = 32;
const SAMPLE_MS = 1000;
/** Samples between two lines that tell of them. */
const TELL_EVERY = 10;
/** What a runtime may open for itself when it first needs it. */
const SPARE_DESCRIPTORS = 4;
/** How long streams may live whose clients left: 10 s where a departure looks like half a close. */
const IDLE_WITHIN_MS = 30_000;
const SHOWN_FAILURES = 20;
/** In shorter runs the memory of the runtimes is still on its way up. */
const JUDGED_SECONDS = 300;

const hostile = connections({ slow: 4, longWait: 7000, lingers: true });
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Numbers by name. */
class Tally {
  readonly #counts = new Map<string, number>();

  add(name: string): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
  }

  toString(): string {
    const sorted = [...this.#counts].sort(([a], [b]) => a < b ? -1 : 1);
    return sorted.map(([name, count]) => `${name}: ${count}`).join(", ");
  }
}

/** A server under attack, and what was seen of it. */
class Victim {
  readonly runtime: Runtime;
  readonly addresses: readonly [tcp: string, unix: string];
  readonly memory: number[] = [];
  readonly open: number[] = [];
  readonly kinds = new Tally();
  readonly replies = new Tally();
  readonly endings = new Tally();
  connections = 0;
  excused = 0;
  failures = 0;
  idle = 0;
  readonly #child: Child;
  #watch: Watch | undefined;
  #stopping = false;
  /** What it wrote to stderr that may be half a record. */
  #said = "";

  private constructor(runtime: Runtime, addresses: readonly [string, string]) {
    this.runtime = runtime;
    this.addresses = addresses;
    const listen = addresses.flatMap((address) => ["--listen", address]);
    const words = ["src/cli.ts", "serve", "test/fuzz/app.ts", ...listen, ...FLAGS];
    this.#child = spawnScript(runtime, words);
  }

  static async started(runtime: Runtime): Promise<Victim> {
    const unix = `unix:${temporaryFolder()}/app.sock`;
    const victim = new Victim(runtime, [`127.0.0.1:${await freePort()}`, unix]);
    const child = victim.#child;
    await child.until(() => child.stdout.includes(unix), "it listened");
    child.exited.then((how) => victim.#stopping || victim.fail(`the server ended (${how})`));
    for (let turn = 0; turn < 400; turn++) await plainRequest(victim.addresses[turn % 2]!);
    await pause(1000);
    victim.idle = openDescriptors(child.pid);
    victim.#watch = new Watch(victim.addresses[0]);
    return victim;
  }

  async take(batch: readonly Connection[], seed: number, turn: number): Promise<void> {
    const address = this.addresses[turn % 2]!;
    let next = 0;
    const lane = async () => {
      while (next < batch.length) {
        const index = next++;
        await this.#attack(address, batch[index]!, `seed ${seed}, number ${index}`);
      }
    };
    await Promise.all(Array.from({ length: LANES }, lane));
  }

  async #attack(address: string, connection: Connection, where: string): Promise<void> {
    this.connections++;
    for (const kind of connection.kinds) this.kinds.add(kind);
    if (connection.kinds.length === 0) this.kinds.add("valid");
    try {
      const { outcome, complaint, excused } = await attack(address, connection, this.#watch!);
      const { received, left } = outcome;
      const status = /^Status: (\d{3})/.exec(received)?.[1];
      this.replies.add(status ?? (left ? "none, the client left" : "none"));
      this.endings.add(left ? `left (${connection.ending})` : String(outcome.ending));
      if (excused) this.excused++;
      else if (complaint !== undefined) {
        const said = { ...outcome, bytes: received.length, received: received.slice(0, 500) };
        this.fail(`${complaint}\n${JSON.stringify({ address, connection, outcome: said })}`, where);
      }
    } catch (error) {
      this.fail(`${error}\n${JSON.stringify(connection)}`, where);
    }
  }

  fail(what: string, where = ""): void {
    if (this.failures++ < SHOWN_FAILURES) console.log(`FAILED, ${this.runtime}, ${where}: ${what}`);
  }

  sample(): void {
    this.memory.push(residentMebibytes(this.#child.pid));
    this.open.push(openDescriptors(this.#child.pid));
    this.#listen();
  }

  /** Looks at what the server wrote to stderr, save for its last record, and forgets it. */
  #listen(all = false): void {
    this.#said += this.#child.stderr;
    this.#child.stderr = "";
    const end = all ? this.#said.length : Math.max(0, this.#said.lastIndexOf("\nscgi:") + 1);
    for (const record of unexplained(this.#said.slice(0, end))) {
      this.fail(`stderr: ${record.slice(0, 2000)}`);
    }
    this.#said = this.#said.slice(end);
  }

  get now(): string {
    const mebibytes = this.memory.at(-1)!.toFixed(1);
    return `${this.runtime} ${mebibytes} MiB, ${this.open.at(-1)} descriptors`;
  }

  /** Waits until nothing is left of the connections. */
  async calm(): Promise<void> {
    await this.#watch![Symbol.asyncDispose]();
    const deadline = Date.now() + IDLE_WITHIN_MS;
    let open: number, live: string;
    do {
      await pause(500);
      open = openDescriptors(this.#child.pid);
      live = (await ask(this.addresses[0], "/live")).text;
    } while ((open > this.idle + SPARE_DESCRIPTORS || live !== "0") && Date.now() < deadline);
    console.log(
      `${this.runtime}: ${open} descriptors at the end, ${this.idle} at the start; ` +
        `${live} handlers and streams are live`,
    );
    if (open > this.idle + SPARE_DESCRIPTORS) this.fail("descriptors are left");
    if (live !== "0") this.fail("handlers or streams are left");
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    const status = await this.#child.stop();
    if (status !== 0) this.fail(`the server ended with ${status}`);
    this.#listen(true);
  }

  /** Compares the memory of the second fifth of the run with that of the last, by their medians. */
  judgeMemory(): void {
    const fifth = Math.floor(this.memory.length / 5);
    const before = median(this.memory.slice(fifth, 2 * fifth));
    const after = median(this.memory.slice(-fifth));
    // The margin of test/load: medians of an even load differ by a few per cent. In ten minutes some
    // 50 000 connections lie between the two, so 300 bytes kept of each would show.
    const grew = after > before * 1.1 && after > before + 8;
    console.log(`${this.runtime}: memory ${before.toFixed(1)} MiB, then ${after.toFixed(1)} MiB`);
    if (grew && seconds >= JUDGED_SECONDS) this.fail("the memory grew");
  }

  tell(): void {
    console.log(`
${this.runtime}: ${this.connections} connections, ${this.failures} failures
  kinds: ${this.kinds}
  replies: ${this.replies}
  endings: ${this.endings}
  not judged, as the server came to nothing: ${this.excused}; longest plain request: ${
      this.#watch!.longest.toFixed(0)
    } ms
  most descriptors at a time: ${Math.max(...this.open)}`);
  }
}

const began = Date.now();
const elapsed = () => ((Date.now() - began) / 1000).toFixed(0);
const victims = await Promise.all(runtimes.map((runtime) => Victim.started(runtime)));
console.log(
  `idle: ${victims.map(({ runtime, idle }) => `${runtime} ${idle}`).join(", ")} descriptors`,
);

let samples = 0;
const sampling = setInterval(() => {
  for (const victim of victims) victim.sample();
  if (++samples % TELL_EVERY === 0) {
    console.log(`${elapsed()} s: ${victims.map(({ now }) => now).join("; ")}`);
  }
}, SAMPLE_MS);

for (let turn = 0; Date.now() - began < seconds * 1000; turn++) {
  const seed = (firstSeed + turn) % 2 ** 31;
  console.log(`${elapsed()} s: batch ${turn}, seed ${seed}, ${turn % 2 === 0 ? "TCP" : "Unix"}`);
  const batch = fc.sample(hostile, { numRuns: BATCH, seed });
  await Promise.all(victims.map((victim) => victim.take(batch, seed, turn)));
}
clearInterval(sampling);

for (const victim of victims) {
  await victim.calm();
  victim.judgeMemory();
  await victim.stop();
  victim.tell();
}
const failures = victims.reduce((sum, victim) => sum + victim.failures, 0);
console.log(`\n${failures === 0 ? "All was well" : `${failures} failures`} in ${elapsed()} s`);
process.exit(failures === 0 ? 0 : 1);
