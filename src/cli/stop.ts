/**
 * How the command ends: drained at the first signal, at once at the second.
 *
 * @module
 */

import { ownProcess } from "../runtime/system/process.ts";
import { SAME_SIGNAL_MS } from "./deadlines.ts";
import type { Front } from "./front.ts";
import { exit } from "./output.ts";
import { tellSystemd } from "./systemd.ts";

/** How long the stop may wait for systemd to have been told of it. */
const TELL_MS = 1000;
/** How long the front may take to pass the last replies on. */
const PASS_ON_MS = 250;

/** What a signal stops. */
export interface Stopped {
  /** Stops what serves. */
  shutdown(): Promise<void>;
  /** The HTTP front, once there is one. */
  front(): Front | undefined;
  /** Tells the one at the terminal. */
  say(line: string): void;
  /** Ends the process, after everything has stopped; without it, it exits with 0. */
  end?(signal: NodeJS.Signals): void;
  /** Takes the program's newest code, and says so by the call; without it SIGHUP stops as well. */
  reload?(begun: () => void): void;
  /** Ends at once what a second signal does not wait for. */
  giveUp?(): void;
}

/** Stops at the first signal and exits at the second. */
export function stopOnSignals(
  { shutdown, front, say, end = () => void exit(0), reload, giveUp }: Stopped,
): void {
  let since = 0;
  const stop = async (signal: NodeJS.Signals): Promise<void> => {
    if (since > 0 && performance.now() - since < SAME_SIGNAL_MS) return;
    if (since > 0) {
      giveUp?.();
      ownProcess.exit(1);
    }
    since = performance.now();
    say(`Stopping on ${signal}`);
    const told = tellSystemd("STOPPING=1");
    const passedOn = front()?.drain();
    await shutdown();
    await atMost(PASS_ON_MS, passedOn);
    await atMost(PASS_ON_MS, front()?.close());
    // The end of this process may be the end of the one that tells.
    await atMost(TELL_MS, told);
    end(signal);
  };
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
    const reloads = signal === "SIGHUP" && reload !== undefined;
    ownProcess.onSignal(signal, () => {
      if (reloads) reload(() => say(`Reloading on ${signal}`));
      else void stop(signal);
    });
  }
}

/** Waits for a promise, for some time; the timer is gone afterwards, so that it holds no process. */
async function atMost(ms: number, promise: Promise<void> | undefined): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  await Promise.race([promise, new Promise((resolve) => timer = setTimeout(resolve, ms))]);
  clearTimeout(timer);
}
