/**
 * Whether this process is to outlive its terminal, as under nohup(1).
 *
 * @module
 */

import { deno, runtime } from "../detect.ts";
import { readVariable } from "./environment.ts";
import { fileSystem } from "./file-system.ts";
import { permits } from "./permissions.ts";

/** SIGHUP in the masks of `/proc/self/status`, whose last digit has the signals 1 to 4. */
const HANGUP = 1;
/** O_WRONLY in the last octal digit of the flags of a file descriptor. */
const WRITE_ONLY = 1;

/**
 * Whether this process was started with SIGHUP ignored; false without `/proc`. Node undoes that at its
 * start, Deno with the first listener of any signal, before which this must be called.
 */
export function outlivesTerminal(): boolean {
  try {
    return runtime === "node" ? wasStartedByNohup() : ignoresHangup();
  } catch {
    return false;
  }
}

function ignoresHangup(): boolean {
  if (deno !== undefined && !permits({ name: "read", path: "/proc/self" })) return false;
  const mask = /^SigIgn:\s*\w*(\w)$/m.exec(fileSystem.read("/proc/self/status"))?.[1] ?? "0";
  return (parseInt(mask, 16) & HANGUP) !== 0;
}

/** The traces that nohup(1) leaves beside the ignored signal. */
function wasStartedByNohup(): boolean {
  // Shells name the program that they started, and GNU's nohup replaces a terminal as the input.
  if (/(?:^|\/)nohup$/.test(readVariable("_") ?? "")) return true;
  if (fileSystem.readLink("/proc/self/fd/0") !== "/dev/null") return false;
  const flags = /^flags:\s*\d*(\d)$/m.exec(fileSystem.read("/proc/self/fdinfo/0"))?.[1];
  return (Number(flags) & 3) === WRITE_ONLY;
}
