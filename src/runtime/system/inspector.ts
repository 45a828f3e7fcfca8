/**
 * Closes the debugger that Deno opens on SIGUSR1 whether or not a program listens to that signal: it
 * lets everybody on this machine run code.
 *
 * @see https://github.com/denoland/deno/pull/35738
 * @module
 */

import { fileSystem } from "./file-system.ts";
import { pause } from "./timers.ts";

/** The interval and the time of the search for the debugger, in milliseconds. */
const LOOK_MS = 5;
const LOOKS_MS = 1000;

/** A listener of SIGUSR1 that closes the debugger, unless the command line asks for one. */
export function withoutInspector(action: () => void): () => void {
  return () => {
    action();
    if (!wantsInspector()) void closeInspector().catch(() => {});
  };
}

async function closeInspector(): Promise<void> {
  const inspector = await import("node:inspector");
  const until = performance.now() + LOOKS_MS;
  while (inspector.url() === undefined) {
    // Within its first half second Deno opens none.
    if (performance.now() > until) return;
    await pause(LOOK_MS);
  }
  inspector.close();
}

function wantsInspector(): boolean {
  try {
    return /\0--inspect/.test(fileSystem.read("/proc/self/cmdline"));
  } catch {
    return false;
  }
}
