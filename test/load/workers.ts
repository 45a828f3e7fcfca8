/**
 * What a second worker is worth: requests a second and CPU time, of one worker and of two, over raw
 * sockets to a handler that works for about a millisecond. What others of the machine take would be
 * shared out by the number of processes, so it waits until they take little. By hand:
 *
 *     bun test/load/workers.ts [ROUNDS] [SECONDS]
 */

import { cpus } from "node:os";
import { readFileSync } from "node:fs";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { parseAddress } from "../../src/address.ts";
import { head } from "../behaviour/client.ts";
import { Cluster, type Target, targets } from "../cli/workers/cluster.ts";
import { median } from "../support/process.ts";

const rounds = Number(process.argv[2] ?? 5);
const seconds = Number(process.argv[3] ?? 3);
/** How many requests are under way. */
const lanes = 16;
const handlerMs = 1;
/** How much of a CPU others may take, and how often a comparison is tried again for it. */
const quiet = 0.25;
const tries = 300;
/** A tick of the system's clock, in milliseconds. */
const tickMs = 10;

/** What one run of one cluster has shown. */
interface Run {
  /** Requests a second. */
  rate: number;
  /** Milliseconds of the workers' CPU time for a request. */
  cost: number;
  /** CPUs that were in use by this program, and by all others but the workers. */
  client: number;
  others: number;
}

/** Both, one after the other. */
interface Pair {
  one: Run;
  two: Run;
}

async function compare(target: Target): Promise<void> {
  await using one = await Cluster.started(target, { args: ["--workers", "1"] });
  await using two = await Cluster.started(target);
  const work = await calibrate(one);
  for (const cluster of [one, two]) await run(cluster, work, 1);
  const runs: Pair[] = [];
  let left = tries;
  while (runs.length < rounds && left-- > 0) {
    const before = [cpuOfAll(), performance.now()] as const;
    await sleep(1000);
    if ((cpuOfAll() - before[0]) / (performance.now() - before[1]) > quiet) continue;
    const order = runs.length % 2 === 0 ? [one, two] : [two, one];
    const measured = [await run(order[0]!, work, seconds), await run(order[1]!, work, seconds)];
    if (measured.some(({ others }) => others > quiet)) continue;
    runs.push({ one: measured[order.indexOf(one)]!, two: measured[order.indexOf(two)]! });
  }
  if (runs.length === 0) return console.log(`${target.runtime}, ${target.socket}: never quiet`);
  const ratios = runs.map(({ one, two }) => two.rate / one.rate).sort((a, b) => a - b);
  console.log(
    `${target.runtime}, ${target.socket}: ${shown(runs.map(({ one }) => one))} with one worker, ` +
      `${shown(runs.map(({ two }) => two))} with two`,
  );
  console.log(
    `  ratio ${median(ratios).toFixed(2)} (${ratios.map((ratio) => ratio.toFixed(2)).join(" ")})`,
  );
}

/** A request that takes the time that is wanted. */
async function calibrate(cluster: Cluster): Promise<string> {
  const tried = 200;
  const idle = await run(cluster, "/who", 1);
  const busy = await run(cluster, `/who?rounds=${tried}`, 1);
  return `/who?rounds=${Math.round(tried * handlerMs / (busy.cost - idle.cost))}`;
}

async function run(cluster: Cluster, target: string, seconds: number): Promise<Run> {
  const request = head(target);
  const pids = cluster.workers();
  const workersBefore = pids.map(cpuOf).reduce(sum);
  const [ownBefore, allBefore, since] = [cpuOf(process.pid), cpuOfAll(), performance.now()];
  const until = since + seconds * 1000;
  let answers = 0;
  await Promise.all(Array.from({ length: lanes }, async () => {
    while (performance.now() < until) {
      await send(cluster.address, request);
      answers++;
    }
  }));
  const ms = performance.now() - since;
  const workers = pids.map(cpuOf).reduce(sum) - workersBefore;
  const own = cpuOf(process.pid) - ownBefore;
  return {
    rate: answers / ms * 1000,
    cost: workers / answers,
    client: own / ms,
    others: (cpuOfAll() - allBefore - workers - own) / ms,
  };
}

/** Sends a request and waits for the end of its reply. */
function send(address: string, request: Uint8Array): Promise<void> {
  const at = parseAddress(address);
  return new Promise((resolve, reject) => {
    let reply = "";
    const socket = {
      open: (native: Native) => void native.write(request),
      data: (_: Native, bytes: Uint8Array) => void (reply += String(bytes)),
      close: () => reply.startsWith("Status: 200 ") ? resolve() : reject(new Error(reply)),
      error: (_: Native, error: unknown) => reject(error),
      connectError: (_: Native, error: unknown) => reject(error),
    };
    Bun.connect({ ...at as { hostname: string; port: number }, socket }).catch(reject);
  });
}

interface Native {
  write(bytes: Uint8Array): number;
}

/** The CPU time of a process so far, in milliseconds. */
function cpuOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").replace(/^.*\) /, "").split(" ");
  return (Number(fields[11]) + Number(fields[12])) * tickMs;
}

/** That of the whole machine. */
function cpuOfAll(): number {
  const [, ...fields] = readFileSync("/proc/stat", "utf8").split("\n")[0]!.split(/ +/);
  const [user = 0, nice = 0, system = 0, _idle, _wait, irq = 0, soft = 0] = fields.map(Number);
  return (user + nice + system + irq + soft) * tickMs;
}

function shown(runs: Run[]): string {
  const of = (name: keyof Run) => median(runs.map((run) => run[name]));
  return `${of("rate").toFixed(0)} a second (${of("cost").toFixed(2)} ms of CPU each; ` +
    `CPUs: client ${of("client").toFixed(2)}, others ${of("others").toFixed(2)})`;
}

function sum(a: number, b: number): number {
  return a + b;
}

console.log(`${cpus().length} CPUs, ${rounds} rounds of ${seconds} s`);
for (const target of targets) await compare(target);
process.exit(0);
