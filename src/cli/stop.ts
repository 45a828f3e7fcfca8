/**
 * The signals of the command: the first that stops it lets requests finish, the second exits at once.
 * SIGHUP may reload, and SIGUSR1 opens the logs again.
 *
 * @module
 */

import { outlivesTerminal } from "../runtime/system/hangup.ts";
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

export interface SignalActions {
  /** Stops the server. */
  shutdown(): Promise<void>;
  /** The HTTP front; undefined before it is open, and without one. */
  front(): Front | undefined;
  /** Writes a status line. */
  say(line: string): void;
  /** Ends the process after the stop. The default exits with 0. */
  end?(signal: NodeJS.Signals): void;
  /**
   * Reloads the app on SIGHUP. By default SIGHUP stops, unless the process was started to ignore it,
   * as by nohup.
   */
  reload?(): void;
  /** Opens the logs again on SIGUSR1, which by default does nothing. */
  reopen?: (() => void) | undefined;
  /** Kills child processes at a second signal. */
  kill?(): void;
}

/**
 * Stops at the first signal and exits at the second.
 *
 * @returns a function that stops as the first signal does, for another reason.
 */
export function stopOnSignals(
  { shutdown, front, say, end = () => void exit(0), reload, reopen, kill }: SignalActions,
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
  const hangup = reload ?? (outlivesTerminal() ? () => {} : () => void stop("SIGHUP"));
  for (const signal of ["SIGTERM", "SIGINT", "SIGQUIT"] as const) {
    ownProcess.onSignal(signal, () => void stop(signal));
  }
  ownProcess.onSignal("SIGHUP", hangup);
  // Otherwise SIGUSR1 would end Bun and Deno, and open a debugger on Node.
  ownProcess.onSignal("SIGUSR1", reopen ?? (() => {}));
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
