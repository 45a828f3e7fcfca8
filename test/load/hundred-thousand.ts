/**
 * 100,000 requests through nginx to each runtime over each kind of socket: do any fail, and does
 * the server's memory grow? By hand, as it takes minutes:
 *
 *     bun test/load/hundred-thousand.ts [REQUESTS] [bun|deno]
 */

import { readFileSync } from "node:fs";
import process from "node:process";
import { eventually } from "../support/eventually.ts";
import { runtimes } from "../support/server.ts";
import { type SocketKind, sockets, type Stack, startStack } from "../support/stack.ts";

const total = Number(process.argv[2] ?? 100_000);
/** Requests before the memory has to stay where it is. */
const warmUp = total / 5;
const sampleEvery = total / 100;
const concurrency = 32;
/** Ends a run that hangs. */
const longest = 15 * 60_000;

/** Sends one request; throws when the reply is not what it should be. */
type Kind = (origin: string) => Promise<void>;

const body = new Uint8Array(1024);
const hello: Kind = async (origin) => equal(await text(`${origin}/hello`), "Hello\n");
const post: Kind = async (origin) =>
  equal(await text(`${origin}/length`, { method: "POST", body }), "1024\n");
const stream: Kind = async (origin) =>
  equal(await text(`${origin}/stream`), "a chunk of it\n".repeat(100));
const leaveStream: Kind = async (origin) => {
  const leave = new AbortController();
  const reply = await fetch(`${origin}/endless`, { signal: leave.signal });
  await reply.body!.getReader().read();
  leave.abort();
};
const leaveWaiting: Kind = async (origin) => {
  const signal = AbortSignal.timeout(20);
  const outcome = await fetch(`${origin}/never`, { signal }).then((reply) => reply.status, () => 0);
  equal(outcome, 0);
};

/** Of twenty requests: eleven GET, four POST, three streams, two that are aborted. */
const mix: Kind[] = [
  ...[hello, post, hello, stream, hello, hello, post, hello, leaveStream, hello],
  ...[hello, post, hello, stream, hello, hello, post, stream, hello, leaveWaiting],
];

interface Counts {
  leavers: number;
  departures: number;
  cancelled: number;
  falseAborts: number;
}

/** One run; returns whether all was well. */
async function run(runtime: (typeof runtimes)[number], socket: SocketKind): Promise<boolean> {
  await using stack = await startStack(runtime, socket, { module: "test/load/app.ts" });
  const began = performance.now();
  const { errors, memory } = await load(stack);
  const seconds = (performance.now() - began) / 1000;

  const ask = async (): Promise<Counts> => (await fetch(`${stack.web.origin}/counts`)).json();
  const counts = await eventually(ask, (seen) => seen.departures >= seen.leavers).catch(ask);
  const growth = memoryGrowth(memory);

  console.log(`\n${runtime}, ${socket}: ${total} requests in ${seconds.toFixed(0)} s`);
  console.log(`  errors: ${errors.size === 0 ? "none" : ""}`);
  for (const [message, count] of errors) console.log(`    ${count} × ${message}`);
  console.log(`  clients that left: ${counts.leavers}, noticed: ${counts.departures}`);
  console.log(`  streams cancelled: ${counts.cancelled}, false aborts: ${counts.falseAborts}`);
  console.log(`  memory, MB: ${memory.map((mb) => mb.toFixed(0)).join(" ")}`);
  console.log(`  after ${warmUp} requests: ${growth.text}`);
  const reported = stack.server.stderr().trim().split("\n").slice(1);
  if (reported.length > 0) console.log(`  stderr: ${reported.slice(0, 10).join("\n    ")}`);
  return errors.size === 0 && counts.departures === counts.leavers && counts.falseAborts === 0 &&
    !growth.grew;
}

/** Sends all requests, sampling the server's memory on the way. */
async function load(stack: Stack): Promise<{ errors: Map<string, number>; memory: number[] }> {
  const errors = new Map<string, number>();
  const memory: number[] = [];
  const deadline = performance.now() + longest;
  let next = 0;
  const worker = async () => {
    while (next < total) {
      if (performance.now() > deadline) throw new Error("The run took too long.");
      const index = next++;
      if (index % sampleEvery === 0) memory.push(residentMegabytes(stack.server.pid));
      try {
        await mix[index % mix.length]!(stack.web.origin);
      } catch (error) {
        const message = `${mix[index % mix.length]!.name}: ${error}`;
        errors.set(message, (errors.get(message) ?? 0) + 1);
      }
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  memory.push(residentMegabytes(stack.server.pid));
  return { errors, memory };
}

/** Compares the first fifth after the warm-up with the last fifth, by their medians. */
function memoryGrowth(memory: number[]): { grew: boolean; text: string } {
  const fifth = Math.floor(memory.length / 5);
  const before = median(memory.slice(fifth, 2 * fifth));
  const after = median(memory.slice(-fifth));
  const grew = after > before * 1.1 && after > before + 8;
  const numbers = `${before.toFixed(1)} MB, then ${after.toFixed(1)} MB`;
  return { grew, text: `${grew ? "the memory grew" : "the memory did not grow"} (${numbers})` };
}

function median(numbers: number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? NaN;
}

function residentMegabytes(pid: number): number {
  const line = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
  return Number(line?.[1]) / 1024;
}

async function text(url: string, init?: RequestInit): Promise<string> {
  const reply = await fetch(url, init);
  if (reply.status !== 200) throw new Error(`status ${reply.status}`);
  return await reply.text();
}

function equal(actual: unknown, expected: unknown): void {
  if (actual !== expected) throw new Error(`${actual} in place of ${expected}`);
}

let well = true;
for (const runtime of runtimes.filter((name) => name === (process.argv[3] ?? name))) {
  for (const socket of sockets) well = await run(runtime, socket) && well;
}
process.exitCode = well ? 0 : 1;
