/** WebSockets behind nginx: echoes, a broadcast, and sockets that say nothing. */

import { openDescriptors } from "../support/process.ts";
import { cpuMicroseconds, memoryKibibytes } from "./cpu.ts";
import { begin, interleaved, spent } from "./direct.ts";
import type { Generators } from "./generators.ts";
import { labelOf } from "./groups.ts";
import { Nginx } from "./nginx.ts";
import type { Round, Row } from "./results.ts";
import { isBaseline } from "./results.ts";
import { scenarios } from "./scenarios.ts";
import { Servers, type Variant } from "./servers.ts";
import type { Settings } from "./settings.ts";
import type { Messages } from "./messages.ts";
import type { SocketLoad } from "./socket-generator.ts";
import { socketServers } from "./socket-servers.ts";

/** A load, and the servers under it. */
export interface SocketGroup {
  readonly scenario: string;
  readonly detail: string;
  readonly load: SocketLoad;
  readonly variants: readonly Variant[];
}

/** How many looks in turn find as many descriptors when no socket is opened or closed any more. */
const SAME = 10;
/** How long memory may take to be what it stays. */
const SETTLE_MS = 1000;
/** Compilers of JavaScript are at work until then. */
const WARM_UP_MS = 3000;
/** Each round opens its sockets anew, which warms nothing up by itself. */
const FIRST_MS = 30;
const WARM_UP = { kind: "echo", connections: 100, bytes: 32, text: true } as const;
/** What handshakes leave behind makes the heap as large as it stays before idle sockets are counted. */
const WARM_UPS = 10;

/** All loads, as far as they are asked for; native servers stay, to compare with. */
export function socketGroups({ runtimes, quick, only }: Settings): SocketGroup[] {
  const many = quick ? 100 : 1000;
  const binary = { connections: 8, bytes: 65_536, text: false };
  const small = { bytes: 32, text: true };
  const loads: [scenario: string, load: SocketLoad][] = [
    ["echo of 32 bytes", { kind: "echo", connections: 32, ...small }],
    ["echo of 64 KiB", { kind: "echo", ...binary }],
    ["echo of 64 KiB of text", { kind: "echo", ...binary, text: true }],
    ["broadcast of 32 bytes", { kind: "broadcast", connections: many, ...small }],
    ["idle sockets", { kind: "idle", connections: many, ...small }],
  ];
  return loads.flatMap(([scenario, load]) => {
    const row = { part: "websocket", scenario, detail: `${load.connections} sockets` } as const;
    const all = runtimes.flatMap(socketServers);
    const chosen = all.filter((one) => only.test(labelOf({ ...row, transport: "unix" }, one)));
    const variants = all.filter((one) =>
      chosen.includes(one) || isBaseline({ ...row, variant: one.name }) &&
        chosen.some(({ runtime }) => runtime === one.runtime)
    );
    return chosen.length === 0 ? [] : [{ ...row, load, variants }];
  });
}

/** Measures one group. */
export async function measureSockets(
  group: SocketGroup,
  settings: Settings,
  generators: Generators,
): Promise<Row[]> {
  const measured = group.load.kind === "idle"
    ? await measureIdleSockets(group, settings.quick ? 1 : 3, generators)
    : await measureMessages(group, settings, generators);
  const { scenario, detail } = group;
  return measured.map(([{ runtime, name }, rounds]) => ({
    part: "websocket",
    scenario,
    detail,
    transport: "unix",
    runtime,
    variant: name,
    rounds,
  }));
}

/** Rounds of all servers in turn. */
async function measureMessages(
  { variants, load }: SocketGroup,
  { rounds, milliseconds, quick }: Settings,
  generators: Generators,
): Promise<[Variant, Round[]][]> {
  await using servers = await Servers.start(variants, scenarios.hello, "unix");
  await using nginx = await Nginx.start(servers.running);
  const use = (milliseconds: number) => generators.order<Messages>({ kind: "use", milliseconds });
  const open = async (port: number) =>
    await generators.order({ kind: "open sockets", place: { port }, load });
  for (const server of servers.running) {
    await open(nginx.portOf(server));
    await use(quick ? FIRST_MS : WARM_UP_MS);
    await generators.order({ kind: "release" });
  }
  const pids = nginx.pids();
  const cells = await interleaved(servers.running, rounds, async (server) => {
    await open(nginx.portOf(server));
    await use(FIRST_MS);
    const before = begin(server);
    const nginxBefore = cpuMicroseconds(pids);
    const { messages, seconds, cpuMicroseconds: generatorCpu } = await use(milliseconds);
    const round = {
      perSecond: messages / seconds,
      ...await spent(server, before, messages, seconds),
      nginxCpu: (cpuMicroseconds(pids) - nginxBefore) / messages,
      generatorCpu: generatorCpu / messages,
    };
    await generators.order({ kind: "release" });
    return round;
  });
  return cells.map(({ cell, rounds }) => [cell.variant, rounds]);
}

/** Rounds with new processes. */
async function measureIdleSockets(
  { variants, load }: SocketGroup,
  rounds: number,
  generators: Generators,
): Promise<[Variant, Round[]][]> {
  const cells = await interleaved(variants, rounds, async (variant) => {
    await using servers = await Servers.start([variant], scenarios.hello, "unix");
    await using nginx = await Nginx.start(servers.running);
    const server = servers.running[0]!;
    const place = { port: nginx.portOf(server) };
    const settled = async () => {
      let [descriptors, same] = [-1, 0];
      while (same < SAME) {
        await sleep(20);
        const now = openDescriptors(server.pids[0]!);
        same = now === descriptors ? same + 1 : 0;
        descriptors = now;
      }
      await sleep(SETTLE_MS);
      return memoryKibibytes(server.pids, "VmRSS");
    };
    for (let count = 0; count < WARM_UPS; count++) {
      await generators.order({ kind: "open sockets", place, load: WARM_UP });
      await generators.order({ kind: "use", milliseconds: FIRST_MS });
      await generators.order({ kind: "release" });
    }
    const memoryBefore = await settled();
    await generators.order({ kind: "open sockets", place, load });
    const memory = await settled();
    await generators.order({ kind: "release" });
    const idleBytes = (memory - memoryBefore) * 1024 / load.connections;
    return { idleBytes, memoryBefore, memory };
  });
  return cells.map(({ cell, rounds }) => [cell, rounds]);
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
