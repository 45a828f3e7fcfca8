/** What the starts of all web servers have in common: what they write to, and when they answer. */

import { chmodSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { answers } from "./address.ts";
import type { Child } from "./child.ts";

/** Makes what the workers of a web server write to: where root started it, they are another user. */
export function makeWritable(folder: string): void {
  mkdirSync(join(folder, "uploads"));
  chmodSync(join(folder, "uploads"), 0o1777);
  writeFileSync(join(folder, "error.log"), "");
  chmodSync(join(folder, "error.log"), 0o666);
}

/** Waits until a web server answers. */
export async function untilAnswering(
  child: Child,
  name: string,
  { port, pidFile }: { port: number; pidFile: string },
): Promise<void> {
  // The file appears once the port is its own; somebody else may answer there before.
  await child.until(
    () => existsSync(pidFile) && answers(port),
    `${name} answered at port ${port}`,
  );
}
