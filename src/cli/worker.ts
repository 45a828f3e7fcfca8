/**
 * The side of a worker: where it accepts, and how it hears of its parent.
 *
 * @module
 */

import process from "node:process";
import { readVariable, removeVariables } from "../sockets/environment.ts";

/** Tells a process that it is a worker, by the file descriptors that it accepts from. */
export const WORKER_VARIABLE = "SCGI_WORKER";

/** The listening sockets of this process, where it is a worker. */
export function inheritedSockets(): string[] | undefined {
  const numbers = readVariable(WORKER_VARIABLE);
  if (numbers === undefined) return undefined;
  removeVariables([WORKER_VARIABLE]);
  return numbers.split(",").map((number) => `fd:${number}`);
}

/** Ends this worker where its parent dies while the app is loaded. */
export function endWithParent(): void {
  process.on("disconnect", exit);
}

function exit(): void {
  process.exit(1);
}

/** Tells the parent that this worker serves. */
export function tellParent(): void {
  process.send?.("ready");
}

/** A worker ends when its parent tells it to, or dies; what the terminal says is for the parent. */
export function obeyParent(stop: () => Promise<void>): void {
  let stopping = false;
  const end = async (): Promise<void> => {
    if (stopping) return;
    stopping = true;
    await stop();
    process.exit(0);
  };
  process.on("SIGTERM", () => void end());
  process.off("disconnect", exit);
  process.on("disconnect", () => void end());
  process.on("SIGINT", () => {});
  process.on("SIGHUP", () => {});
}
