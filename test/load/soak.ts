/**
 * A steady load through nginx on each runtime over each kind of socket, all at the same time, for
 * long: does anything fail, and do memory or file descriptors grow? By hand, as it takes its time:
 *
 *     bun test/load/soak.ts [MINUTES] [REQUESTS A SECOND FOR EACH] [REQUESTS BEFORE]
 *
 * The requests before are sent as fast as they go: V8 takes tens of thousands of them to find the
 * size that its heap then keeps.
 */

import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { eventually } from "../support/eventually.ts";
import { type Runtime, runtimes } from "../support/server.ts";
import { type SocketKind, sockets, type Stack, startStack } from "../support/stack.ts";
import { openDescriptors, residentMebibytes } from "../support/process.ts";
import { type Counts, memoryGrowth, mix } from "./traffic.ts";

const minutes = Number(process.argv[2] ?? 20);
const rate = Number(process.argv[3] ?? 50);
const warmUp = Number(process.argv[4] ?? 60_000);
const WARM_UP_AT_A_TIME = 16;
const SAMPLE_MS = 5000;
/** What a runtime may open for itself on the way. */
const SPARE_DESCRIPTORS = 4;

/** What came of one stack. */
interface Soaked {
  requests: number;
  errors: Map<string, number>;
  memory: number[];
  descriptors: number[];
}

async function warm(stack: Stack): Promise<void> {
  let left = warmUp;
  await Promise.all(Array.from({ length: WARM_UP_AT_A_TIME }, async () => {
    while (left-- > 0) await mix[left % 8]!(stack.web.origin);
  }));
}

/** Sends requests at the rate, whatever they take. */
async function soak(stack: Stack): Promise<Soaked> {
  const soaked: Soaked = { requests: 0, errors: new Map(), memory: [], descriptors: [] };
  const open = new Set<Promise<void>>();
  const end = performance.now() + minutes * 60_000;
  const sample = () => {
    soaked.memory.push(residentMebibytes(stack.server.pid));
    soaked.descriptors.push(openDescriptors(stack.server.pid));
  };
  const sampling = setInterval(sample, SAMPLE_MS);
  for (let due = performance.now(); due < end; due += 1000 / rate) {
    const early = due - performance.now();
    if (early > 1) await sleep(early);
    const kind = mix[soaked.requests++ % mix.length]!;
    const asked = kind(stack.web.origin).catch((error) => {
      const message = `${kind.name}: ${error}`;
      soaked.errors.set(message, (soaked.errors.get(message) ?? 0) + 1);
    }).finally(() => open.delete(asked));
    open.add(asked);
  }
  clearInterval(sampling);
  await Promise.all(open);
  return soaked;
}

/** One stack from its start to its report; gives whether all was well. */
async function run(runtime: Runtime, socket: SocketKind): Promise<boolean> {
  await using stack = await startStack(runtime, socket, { module: "test/load/app.ts" });
  await warm(stack);
  const { requests, errors, memory, descriptors } = await soak(stack);
  const ask = async (): Promise<Counts> => (await fetch(`${stack.web.origin}/counts`)).json();
  const counts = await eventually(ask, (seen) => seen.departures >= seen.leavers).catch(ask);
  // Without the first quarter, in which a heap that was warmed up finds its level.
  const growth = memoryGrowth(memory.slice(Math.floor(memory.length / 4)));
  const fifth = descriptors.slice(0, Math.ceil(descriptors.length / 5));
  const leaked = openDescriptors(stack.server.pid) > Math.max(...fifth) + SPARE_DESCRIPTORS;
  const reported = stack.server.stderr().trim();
  console.log([
    `\n${runtime}, ${socket}: ${requests} requests in ${minutes} minutes`,
    `  errors: ${errors.size === 0 ? "none" : JSON.stringify(Object.fromEntries(errors))}`,
    `  clients that left: ${counts.leavers}, noticed: ${counts.departures}`,
    `  false aborts: ${counts.falseAborts}`,
    `  descriptors: ${Math.min(...descriptors)} to ${Math.max(...descriptors)}`,
    `  ${growth.text}`,
    `  memory, MB: ${memory.filter((_, i) => i % 12 === 0).map((mb) => mb.toFixed(0)).join(" ")}`,
    ...(reported === "" ? [] : [`  stderr: ${reported.slice(0, 1000)}`]),
  ].join("\n"));
  return errors.size === 0 && counts.departures === counts.leavers && counts.falseAborts === 0 &&
    !growth.grew && !leaked;
}

const runs = runtimes.flatMap((runtime) => sockets.map((socket) => run(runtime, socket)));
process.exitCode = (await Promise.all(runs)).every(Boolean) ? 0 : 1;
