/**
 * Runs test files on another runtime than Bun and prints what became of each test, a line of JSON
 * each: `deno run -A --import-map import-map.json run.ts FILE…`, `node --import register.js run.js
 * FILE…`.
 */

import { pathToFileURL } from "node:url";
import process from "node:process";
import { takeDeclared } from "./bun-test.ts";

/** What became of one test. */
export interface Outcome {
  file: string;
  name: string;
  /** The stack of what it threw; null where it passed. */
  failure: string | null;
}

/** A rejection that nobody handles belongs to the test that runs, as on Bun. */
let unhandled: (reason: unknown) => void = () => {};
process.on("unhandledRejection", (reason) => unhandled(reason));

async function failureOf(run: () => unknown): Promise<string | null> {
  try {
    const failed = new Promise((_, reject) => (unhandled = reject));
    await Promise.race([run(), failed]);
    return null;
  } catch (error) {
    return error instanceof Error ? error.stack ?? error.message : String(error);
  }
}

for (const file of process.argv.slice(2)) {
  await import(pathToFileURL(file).href);
  for (const { name, run } of takeDeclared()) {
    const outcome: Outcome = { file, name, failure: await failureOf(run) };
    console.log(JSON.stringify(outcome));
  }
}
process.exit(0);
