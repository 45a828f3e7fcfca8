/** What connections cost that are open and send nothing. Each round has new processes. */

import { openDescriptors } from "../support/process.ts";
import { memoryKibibytes } from "./cpu.ts";
import { type Demand, type Group, interleaved, loadOf } from "./direct.ts";
import type { Generators } from "./generators.ts";
import type { Round, Row } from "./results.ts";
import { type Running, Servers, type Variant } from "./servers.ts";

const WARM_UP_REQUESTS = 2000;
/** How long memory may take to be what it stays. */
const SETTLE_MS = 300;
const PATIENCE_MS = 10_000;

/** Measures one group. */
export async function measureIdle(
  { part, transport, variants, demands: [demand] }: Group,
  rounds: number,
  generators: Generators,
): Promise<Row[]> {
  const { scenario, detail } = demand!;
  const measured = await interleaved(variants, rounds, async (variant) => {
    return await measureOne(variant, demand!, generators);
  });
  return measured.map(({ cell: { runtime, name }, rounds }) => {
    return { part, scenario: scenario.name, detail, transport, runtime, variant: name, rounds };
  });
}

async function measureOne(
  variant: Variant,
  demand: Demand,
  generators: Generators,
): Promise<Round> {
  await using servers = await Servers.start([variant], demand.scenario, "unix");
  const server = servers.running[0]!;
  const warmUp = loadOf(server, { ...demand, concurrency: 16 }, PATIENCE_MS);
  await generators.generate({ ...warmUp, requests: WARM_UP_REQUESTS });
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  const open = openDescriptors(server.pids[0]!);
  const before = memoryKibibytes(server.pids, "VmRSS");
  await generators.order({ kind: "hold", place: server.place, count: demand.concurrency });
  await untilAccepted(server, open + demand.concurrency);
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  const after = memoryKibibytes(server.pids, "VmRSS");
  await generators.order({ kind: "release" });
  const idleBytes = (after - before) * 1024 / demand.concurrency;
  return { idleBytes, memoryBefore: before, memory: after };
}

async function untilAccepted({ pids: [pid], variant }: Running, count: number): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  while (openDescriptors(pid!) < count) {
    if (Date.now() > deadline) {
      const open = openDescriptors(pid!);
      throw new Error(`${variant.runtime}, ${variant.name}: ${open} of ${count} descriptors`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
