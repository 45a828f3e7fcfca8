/**
 * How fast our server is beside the HTTP server of its runtime, which users would take instead, and
 * beside a bare socket. `bun run bench --help` tells of the options.
 *
 * @module
 */

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { measureClients } from "./clients.ts";
import { measureGroup } from "./direct.ts";
import { measureEvents } from "./events.ts";
import { Generators } from "./generators.ts";
import {
  clientGroups,
  directGroups,
  eventGroups,
  idleGroups,
  nginxGroups,
  startUpGroups,
} from "./groups.ts";
import { measureIdle } from "./idle.ts";
import { describeMachine } from "./machine.ts";
import { report } from "./report.ts";
import { type Results, type Row, summarize } from "./results.ts";
import { readSettings, type Settings, USAGE } from "./settings.ts";
import { measureSockets, socketGroups } from "./sockets.ts";
import { buildPackage, measureStartUp } from "./start-up.ts";
import { measureThroughNginx } from "./through-nginx.ts";
import { line } from "./table.ts";

/** Rounds with new processes, which take their time. */
const IDLE_ROUNDS = 3;
const STARTS = 10;
/** What a number in the JSON is rounded to. */
const DIGITS = 5;

async function measure(settings: Settings): Promise<Row[]> {
  const generators = new Generators(settings.generators);
  const rows: Row[] = [];
  const { quick, rounds } = settings;
  const add = (measured: Row[]) => {
    rows.push(...measured);
    for (const row of measured) console.log(line(row, rows));
  };
  try {
    for (const group of directGroups(settings)) {
      add(await measureGroup(group, settings, generators));
    }
    for (const group of eventGroups(settings)) {
      add(await measureEvents(group, settings, generators));
    }
    for (const group of clientGroups(settings)) add(await measureClients(group, settings));
    for (const group of idleGroups(settings)) {
      add(await measureIdle(group, quick ? 1 : IDLE_ROUNDS, generators));
    }
    const starts = startUpGroups(settings);
    if (starts.length > 0) buildPackage();
    for (const group of starts) {
      add(await measureStartUp(group, quick ? 1 : Math.max(STARTS, rounds)));
    }
    for (const group of socketGroups(settings)) {
      add(await measureSockets(group, settings, generators));
    }
    for (const group of nginxGroups(settings)) add(await measureThroughNginx(group, settings));
  } finally {
    generators.stop();
  }
  return rows;
}

/** Writes them. */
async function write(folder: string, results: Results): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const round = (_: string, value: unknown) =>
    typeof value === "number" ? Number(value.toPrecision(DIGITS)) : value;
  const text = (value: unknown) => JSON.stringify(value, round);
  // A line for each, so that it can be read and compared.
  const lines = (all: readonly unknown[]) => `[\n${all.map(text).join(",\n")}\n]`;
  const { machine, settings, summary, rows } = results;
  const json = `{"machine":${text(machine)},\n"settings":${text(settings)},\n"summary":${
    lines(summary)
  },\n"rows":${lines(rows)}}\n`;
  writeFileSync(join(folder, "latest.json"), json);
  writeFileSync(join(folder, "latest.md"), report(results));
  if (!rows.some(({ part, scenario }) => part === "direct" && scenario === "hello")) return;
  // Loaded when nothing is measured any more. What is drawn is what the JSON has.
  const { plot } = await import("./plot.ts");
  writeFileSync(join(folder, "cpu.svg"), plot((JSON.parse(json) as Results).rows));
}

const settings = readSettings(process.argv.slice(2));
if (settings === undefined) {
  console.log(USAGE);
} else {
  const machine = describeMachine(settings.runtimes);
  const rows = await measure(settings);
  const { only, results: folder, ...others } = settings;
  const results: Results = {
    machine,
    settings: { ...others, only: only.source },
    summary: summarize(rows),
    rows,
  };
  await write(folder, results);
}
