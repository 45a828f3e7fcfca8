/**
 * 100,000 requests through nginx to each runtime over each kind of socket: do any fail, and does
 * the server's memory grow? By hand, as it takes minutes:
 *
 *     bun test/load/hundred-thousand.ts [REQUESTS] [bun|deno]
 */

import process from "node:process";
import { eventually } from "../support/eventually.ts";
import { runtimes } from "../support/server.ts";
import { type SocketKind, sockets, type Stack, startStack } from "../support/stack.ts";
import { residentMebibytes } from "../support/process.ts";
import { type Counts, memoryGrowth, mix } from "./traffic.ts";

const total = Number(process.argv[2] ?? 100_000);
/** Requests before the memory has to stay where it is. */
const warmUp = total / 5;
const sampleEvery = total / 100;
const concurrency = 32;
/** Ends a run that hangs. */
const longest = 15 * 60_000;

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
      if (index % sampleEvery === 0) memory.push(residentMebibytes(stack.server.pid));
      try {
        await mix[index % mix.length]!(stack.web.origin);
      } catch (error) {
        const message = `${mix[index % mix.length]!.name}: ${error}`;
        errors.set(message, (errors.get(message) ?? 0) + 1);
      }
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  memory.push(residentMebibytes(stack.server.pid));
  return { errors, memory };
}

let well = true;
for (const runtime of runtimes.filter((name) => name === (process.argv[3] ?? name))) {
  for (const socket of sockets) well = await run(runtime, socket) && well;
}
process.exitCode = well ? 0 : 1;
