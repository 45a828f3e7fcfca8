/** A server under attack, and what was seen of it. */

import type fc from "fast-check";
import { ask } from "../behaviour/client.ts";
import { freePort, temporaryFolder } from "../support/address.ts";
import type { Child } from "../support/child.ts";
import { median, openDescriptors, residentMebibytes } from "../support/process.ts";
import { type Runtime, spawnScript } from "../support/server.ts";
import { plainRequest, Watch } from "./client.ts";
import { FLAGS, unexplained } from "./oracle.ts";

/** A way to be hostile. */
export interface Attack<Plan> {
  /** The app that is attacked; `/hello` and `/live` answer for it. */
  readonly app: string;
  readonly plans: fc.Arbitrary<Plan>;
  /** Does what a plan says, and judges what comes of it. */
  make(address: string, plan: Plan, watch: Watch): Promise<Seen>;
  /** Starts ordinary clients, which must not be disturbed. */
  beside?(address: string): Beside;
}

/** What came of a plan. */
export interface Seen {
  /** What was wrong with it; nothing where it is empty. */
  kinds: readonly string[];
  reply: string;
  ending: string;
  /** What is wrong with the server; nothing where all is well. */
  complaint: string | undefined;
  /** Whether that may be because the server came to nothing for a while. */
  excused: boolean;
  /** What is shown beside the complaint. */
  shown: unknown;
}

/** Ordinary clients. */
export interface Beside extends AsyncDisposable {
  readonly complaints: readonly string[];
  /** A line on what they did. */
  readonly told: string;
}

/** Connections at a time, to each server. */
const LANES = 32;
/** What a runtime may open for itself when it first needs it. */
const SPARE_DESCRIPTORS = 4;
/** How long streams may live whose clients left: 10 s where a departure looks like half a close. */
const IDLE_WITHIN_MS = 30_000;
const SHOWN_FAILURES = 20;
/** In shorter runs the memory of the runtimes is still on its way up. */
const JUDGED_SECONDS = 300;

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
export class Victim<Plan> {
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
  readonly #attack: Attack<Plan>;
  readonly #child: Child;
  #beside: Beside | undefined;
  #watch: Watch | undefined;
  #stopping = false;
  /** What it wrote to stderr that may be half a record. */
  #said = "";

  private constructor(
    attack: Attack<Plan>,
    runtime: Runtime,
    addresses: readonly [string, string],
  ) {
    this.#attack = attack;
    this.runtime = runtime;
    this.addresses = addresses;
    const listen = addresses.flatMap((address) => ["--listen", address]);
    const words = ["src/cli.ts", "serve", attack.app, ...listen, ...FLAGS];
    this.#child = spawnScript(runtime, words);
  }

  static async started<Plan>(attack: Attack<Plan>, runtime: Runtime): Promise<Victim<Plan>> {
    const unix = `unix:${temporaryFolder()}/app.sock`;
    const victim = new Victim(attack, runtime, [`127.0.0.1:${await freePort()}`, unix]);
    const child = victim.#child;
    await child.until(() => child.stdout.includes(unix), "it listened");
    child.exited.then((how) => victim.#stopping || victim.fail(`the server ended (${how})`));
    for (let turn = 0; turn < 400; turn++) await plainRequest(victim.addresses[turn % 2]!);
    await pause(1000);
    victim.idle = openDescriptors(child.pid);
    victim.#watch = new Watch(victim.addresses[0]);
    victim.#beside = attack.beside?.(victim.addresses[0]);
    return victim;
  }

  async take(batch: readonly Plan[], seed: number, turn: number): Promise<void> {
    const address = this.addresses[turn % 2]!;
    let next = 0;
    const lane = async () => {
      while (next < batch.length) {
        const index = next++;
        await this.#make(address, batch[index]!, `seed ${seed}, number ${index}`);
      }
    };
    await Promise.all(Array.from({ length: LANES }, lane));
  }

  async #make(address: string, plan: Plan, where: string): Promise<void> {
    this.connections++;
    try {
      const seen = await this.#attack.make(address, plan, this.#watch!);
      const { kinds, reply, ending, complaint, excused, shown } = seen;
      for (const kind of kinds) this.kinds.add(kind);
      if (kinds.length === 0) this.kinds.add("valid");
      this.replies.add(reply);
      this.endings.add(ending);
      if (excused) this.excused++;
      else if (complaint !== undefined) {
        this.fail(`${complaint}\n${JSON.stringify({ address, plan, shown })}`, where);
      }
    } catch (error) {
      this.fail(`${error}\n${JSON.stringify(plan)}`, where);
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
    await this.#beside?.[Symbol.asyncDispose]();
    for (const complaint of this.#beside?.complaints ?? []) this.fail(complaint);
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

  /**
   * Compares the memory of the second fifth of the run with that of the last, by their medians.
   *
   * @param seconds How long the run took.
   */
  judgeMemory(seconds: number): void {
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
  most descriptors at a time: ${Math.max(...this.open)}${this.#beside?.told ?? ""}`);
  }
}
