/** Servers that send each event to many clients: rounds of each in turn, all of them alive. */

import { begin, type Group, headFor, interleaved, spent } from "./direct.ts";
import type { EventLoad } from "./event-generator.ts";
import type { Generators } from "./generators.ts";
import type { Row } from "./results.ts";
import { type Running, Servers } from "./servers.ts";
import type { Settings } from "./settings.ts";
import type { Messages } from "./messages.ts";

/** What follows the opening of the streams, and their close. */
const SETTLE_MS = 100;
/** Each round opens its streams anew, which warms nothing up by itself. */
const FIRST_MS = 30;

/** Measures one group. */
export async function measureEvents(
  { part, transport, variants, demands: [demand] }: Group,
  { rounds, milliseconds, warmUp }: Settings,
  generators: Generators,
): Promise<Row[]> {
  const { scenario, detail, concurrency } = demand!;
  await using servers = await Servers.start(variants, scenario, transport);
  const use = (milliseconds: number) => generators.order<Messages>({ kind: "use", milliseconds });
  const open = async ({ variant, place }: Running) => {
    const load: EventLoad = {
      connections: concurrency,
      listen: headFor(variant, scenario),
      publish: headFor(variant, { ...scenario, method: "POST" }),
    };
    await generators.order({ kind: "open events", place, load });
    await sleep(SETTLE_MS);
  };
  const close = async () => {
    await generators.order({ kind: "release" });
    await sleep(SETTLE_MS);
  };
  for (const server of servers.running) {
    await open(server);
    await use(warmUp);
    await close();
  }
  const measured = await interleaved(servers.running, rounds, async (server) => {
    await open(server);
    await use(FIRST_MS);
    const before = begin(server);
    const { messages, seconds, cpuMicroseconds } = await use(milliseconds);
    const round = {
      perSecond: messages / seconds,
      ...await spent(server, before, messages, seconds),
      generatorCpu: cpuMicroseconds / messages,
    };
    await close();
    return round;
  });
  return measured.map(({ cell: { variant: { runtime, name } }, rounds }) => {
    return { part, scenario: scenario.name, detail, transport, runtime, variant: name, rounds };
  });
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
