/** How long it takes from the start of a process to its first reply. */

import { spawn, spawnSync } from "node:child_process";
import { join } from "node:path";
import process from "node:process";
import { removeFolder, temporaryFolder } from "../support/address.ts";
import { forget, remember } from "../support/leftovers.ts";
import { type Group, interleaved, loadOf } from "./direct.ts";
import { untilAnswered } from "./generator.ts";
import type { Row } from "./results.ts";
import { BYTECODE, type Variant } from "./servers.ts";

const PATIENCE_MS = 10_000;

/** Makes the package whose command is started, and bytecode of a script with it. */
export function buildPackage(): void {
  build(join(import.meta.dirname, "../setup/build.ts"));
  const script = join(import.meta.dirname, "served-package.mjs");
  const bytecode = ["--target=bun", "--bytecode", "--format=cjs", "--minify"];
  build("build", script, ...bytecode, "--outdir", BYTECODE);
}

function build(...words: string[]): void {
  const { status } = spawnSync(process.execPath, words, { stdio: ["ignore", "ignore", "inherit"] });
  if (status !== 0) throw new Error(`bun ${words.join(" ")} ended with status ${status}`);
}

/** Measures one group. */
export async function measureStartUp(
  { part, transport, variants, demands: [demand] }: Group,
  rounds: number,
): Promise<Row[]> {
  const { scenario, detail } = demand!;
  const start = async (variant: Variant) => {
    const folder = temporaryFolder();
    const place = { unix: join(folder, "server.sock") };
    const load = loadOf({ place, variant }, demand!, 0);
    const [command, ...args] = variant.command(scenario, place);
    const began = performance.now();
    // As systemd and containers have it, what it prints goes to no file and no terminal.
    const child = spawn(command!, args, { stdio: ["ignore", "pipe", "ignore"] });
    remember(child.pid!);
    try {
      untilAnswered(load, PATIENCE_MS);
      return { startUp: performance.now() - began };
    } finally {
      const ended = new Promise((resolve) => child.on("close", resolve));
      child.kill();
      await ended;
      forget(child.pid!);
      removeFolder(folder);
    }
  };
  // The first start reads files that later ones find in memory, and fills the runtimes' caches.
  for (const variant of variants) await start(variant);
  const measured = await interleaved(variants, rounds, start);
  return measured.map(({ cell: { runtime, name }, rounds }) => {
    return { part, scenario: scenario.name, detail, transport, runtime, variant: name, rounds };
  });
}
