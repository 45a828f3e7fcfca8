/** Clients that call one server: rounds of each in turn, all of them alive. */

import type { Called, CallOrder } from "./client-calls.ts";
import { cpuMicroseconds } from "./cpu.ts";
import { type Group, interleaved } from "./direct.ts";
import { OrderedProcess } from "./ordered-process.ts";
import { type Row, STRAIGHT } from "./results.ts";
import { bare, pathOf, runs, Servers, type Variant } from "./servers.ts";
import type { BenchRuntime, Settings } from "./settings.ts";

const PATIENCE_MS = 10_000;

/** Our client on a runtime; straight code, and a socket that sends a canned request, on the same. */
export function clients(runtime: BenchRuntime): Variant[] {
  const files = {
    "bare": "client-bare.ts",
    [STRAIGHT]: "client-straight.ts",
    "scgi/client": "client-scgi.ts",
  };
  return Object.entries(files).map(([name, file]) => ({
    runtime,
    name,
    protocol: "scgi",
    command: (_, place) => [...runs(runtime, `test/bench/${file}`), pathOf(place)],
  }));
}

/** Measures them, each by the CPU time of its own process. */
export async function measureClients(
  { part, transport, variants, demands: [demand] }: Group,
  { rounds, milliseconds, warmUp }: Settings,
): Promise<Row[]> {
  const { scenario, detail, concurrency } = demand!;
  await using servers = await Servers.start([bare("bun")], scenario, transport);
  const { place } = servers.running[0]!;
  const cells = variants.map((variant) => ({
    variant,
    client: new OrderedProcess<CallOrder>(variant.command(scenario, place)),
  }));
  try {
    const call = (client: OrderedProcess<CallOrder>, milliseconds: number) =>
      client.order<Called>({ milliseconds, concurrency }, milliseconds + PATIENCE_MS);
    for (const { client } of cells) await call(client, warmUp);
    const measured = await interleaved(cells, rounds, async ({ client }) => {
      const before = cpuMicroseconds([client.pid]);
      const { requests, seconds } = await call(client, milliseconds);
      const cpu = cpuMicroseconds([client.pid]) - before;
      return { perSecond: requests / seconds, cpu: cpu / requests, busy: cpu / (seconds * 1e6) };
    });
    return measured.map(({ cell: { variant: { runtime, name } }, rounds }) => {
      return { part, scenario: scenario.name, detail, transport, runtime, variant: name, rounds };
    });
  } finally {
    for (const { client } of cells) client.stop();
  }
}
