/**
 * The side of a worker: where it accepts, and how it hears of its parent.
 *
 * @module
 */

import { ownProcess } from "../run/process.ts";
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
  globalThis.process.on("disconnect", exit);
}

function exit(): void {
  ownProcess.exit(1);
}

/** Tells the parent that this worker serves. */
export function tellParent(): void {
  globalThis.process.send?.("ready");
}

/** A worker ends when its parent tells it to, or dies; what the terminal says is for the parent. */
export function obeyParent(stop: () => Promise<void>): void {
  let stopping = false;
  const end = async (): Promise<void> => {
    if (stopping) return;
    stopping = true;
    await stop();
    ownProcess.exit(0);
  };
  ownProcess.onSignal("SIGTERM", end);
  globalThis.process.off("disconnect", exit).on("disconnect", end);
  ownProcess.onSignal("SIGINT", () => {});
  ownProcess.onSignal("SIGHUP", () => {});
}
