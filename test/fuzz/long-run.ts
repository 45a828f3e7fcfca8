/**
 * Hostile connections to a server on each runtime, over TCP and Unix sockets in turn: does each get
 * what it may get, do descriptors and handlers go when it goes, and does the memory stay? First by
 * requests, then by frames of WebSockets, each for half of the time, or by one of the two alone. By
 * hand, as it takes minutes; with the seed of a batch, that batch comes first:
 *
 *     bun run fuzz [SECONDS] [SEED] [requests|frames]
 */

import fc from "fast-check";
import process from "node:process";
import { runtimes } from "../support/server.ts";
import { attacks } from "./attacks.ts";
import { type Attack, Victim } from "./victim.ts";

const [total = "600", seed = `${Date.now() % 2 ** 31}`, only] = process.argv.slice(2);
const firstSeed = Number(seed);

const BATCH = 2000;
const SAMPLE_MS = 1000;
/** Samples between two lines that tell of them. */
const TELL_EVERY = 10;

/** Attacks all runtimes for a time, and gives the number of failures. */
async function run<Plan>(attack: Attack<Plan>, seconds: number): Promise<number> {
  const began = Date.now();
  const elapsed = () => ((Date.now() - began) / 1000).toFixed(0);
  const victims = await Promise.all(runtimes.map((runtime) => Victim.started(attack, runtime)));
  console.log(
    `idle: ${victims.map(({ runtime, idle }) => `${runtime} ${idle}`).join(", ")} descriptors`,
  );

  let samples = 0;
  const sampling = setInterval(() => {
    for (const victim of victims) victim.sample();
    if (++samples % TELL_EVERY === 0) {
      console.log(`${elapsed()} s: ${victims.map(({ now }) => now).join("; ")}`);
    }
  }, SAMPLE_MS);

  for (let turn = 0; Date.now() - began < seconds * 1000; turn++) {
    const seed = (firstSeed + turn) % 2 ** 31;
    console.log(`${elapsed()} s: batch ${turn}, seed ${seed}, ${turn % 2 === 0 ? "TCP" : "Unix"}`);
    const batch = fc.sample(attack.plans, { numRuns: BATCH, seed });
    await Promise.all(victims.map((victim) => victim.take(batch, seed, turn)));
  }
  clearInterval(sampling);

  for (const victim of victims) {
    await victim.calm();
    victim.judgeMemory(seconds);
    await victim.stop();
    victim.tell();
  }
  const failures = victims.reduce((sum, victim) => sum + victim.failures, 0);
  console.log(`\n${failures === 0 ? "All was well" : `${failures} failures`} in ${elapsed()} s`);
  return failures;
}

const chosen = Object.entries(attacks).filter(([name]) => name === (only ?? name));
if (chosen.length === 0) throw new Error(`There is no attack by ${only}`);
let failures = 0;
for (const [name, attack] of chosen) {
  console.log(`By ${name}`);
  failures += await run(attack, Number(total) / chosen.length);
}
process.exit(failures === 0 ? 0 : 1);
