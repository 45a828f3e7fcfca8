/**
 * Whether output goes to a terminal. The property `isTTY` of a stream would load the modules of streams,
 * which takes Bun 6.5 ms of a start of 30 ms, and Deno 3 ms.
 *
 * @module
 */

import { deno } from "../detect.ts";
import { nodeFs } from "./node-fs.ts";

/** Whether a standard stream is a terminal. */
export function isTerminal(stream: "stdout" | "stderr"): boolean {
  if (deno !== undefined) return deno[stream].isTerminal();
  const { fstatSync } = nodeFs();
  // Pipes, sockets and files are ruled out without loading the stream.
  return fstatSync(stream === "stdout" ? 1 : 2).isCharacterDevice() &&
    globalThis.process[stream].isTTY === true;
}
