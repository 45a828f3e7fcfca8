/**
 * Stops the command on signals: the first lets requests finish, the second exits at once.
 *
 * @module
 */

import { ownProcess } from "../runtime/system/process.ts";
import { SAME_SIGNAL_MS } from "./deadlines.ts";
import type { Front } from "./front.ts";
import { exit } from "./output.ts";
import { tellSystemd } from "./systemd.ts";

/** How long a stop waits for the message to systemd, in milliseconds. */
const NOTIFY_MS = 1000;
/** How long the HTTP front may take for the last responses, in milliseconds. */
const FRONT_MS = 250;

/** The reason of a stop for a successor. */
export const TAKEN_OVER = "since another server has taken over the address";

/** The actions of signals. */
export interface SignalActions {
  /** Stops the server. */
  shutdown(): Promise<void>;
  /** The HTTP front; undefined before it is open, and without one. */
  front(): Front | undefined;
  /** Writes a status line. */
  say(line: string): void;
  /** Ends the process after the stop. The default exits with 0. */
  end?(signal: NodeJS.Signals): void;
  /** Reloads the app on SIGHUP, and calls back when that begins. By default SIGHUP stops. */
  reload?(begun: () => void): void;
  /** Kills child processes at a second signal. */
  kill?(): void;
}

/**
 * Stops at the first signal and exits at the second.
 *
 * @returns a function that stops as the first signal does, for another reason.
 */
export function stopOnSignals(
  { shutdown, front, say, end = () => void exit(0), reload, kill }: SignalActions,
): (why: string) => void {
  let since = 0;
  const stop = async (signal: NodeJS.Signals, why = `on ${signal}`): Promise<void> => {
    if (since > 0 && performance.now() - since < SAME_SIGNAL_MS) return;
    if (since > 0) {
      kill?.();
      ownProcess.exit(1);
    }
    since = performance.now();
    say(`Stopping ${why}`);
    const notified = tellSystemd("STOPPING=1");
    const drained = front()?.drain();
    await shutdown();
    await atMost(FRONT_MS, drained);
    await atMost(FRONT_MS, front()?.close());
    // systemd may end its helper process together with this one.
    await atMost(NOTIFY_MS, notified);
    end(signal);
  };
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
    const reloads = signal === "SIGHUP" && reload !== undefined;
    ownProcess.onSignal(signal, () => {
      if (reloads) reload(() => say(`Reloading on ${signal}`));
      else void stop(signal);
    });
  }
  return (why) => {
    if (since === 0) void stop("SIGTERM", why);
  };
}

/** Waits for a promise, but not longer than a time. */
async function atMost(ms: number, promise: Promise<void> | undefined): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  await Promise.race([promise, new Promise((resolve) => timer = setTimeout(resolve, ms))]);
  clearTimeout(timer);
}
