/**
 * Notifies systemd of the state of the command, for a unit with `Type=notify` or `notify-reload`.
 *
 * @module
 */

import { every } from "../runtime/system/timers.ts";
import { complain } from "../report/diagnostics.ts";
import { monotonicTime } from "../runtime/system/monotonic.ts";
import { notify, service } from "../runtime/system/notify.ts";

/** A state of the service, see sd_notify(3). */
export type State = "READY=1" | "RELOADING=1" | "STOPPING=1";

/** The number of signs of life within the time of systemd's watchdog. */
const BEATS = 3;

let warned = false;
/** The message before, which must arrive first. */
let before: Promise<void> = Promise.resolve();
let beats: (() => void) | undefined;

/** Keeps the messages to systemd from the child processes of the app; must precede the app. */
export function keepFromChildren(): void {
  service();
}

/**
 * Sends a state to systemd if the unit expects it, after those before. Warns once where that fails. With
 * the first `READY=1` the signs of life for `WatchdogSec` begin.
 *
 * @param status The text that `systemctl status` shows.
 */
export function tellSystemd(state: State, status?: string): Promise<void> {
  const wanted = service();
  if (wanted === undefined) return Promise.resolve();
  if (state === "READY=1" && wanted.watchdog > 0) {
    beats ??= every(wanted.watchdog / BEATS, () => void send(() => ["WATCHDOG=1"]));
  }
  const lines = async (): Promise<string[]> => {
    const time = state === "RELOADING=1" ? await monotonicTime() : undefined;
    return [
      state,
      ...(time === undefined ? [] : [`MONOTONIC_USEC=${time}`]),
      ...(status === undefined ? [] : [`STATUS=${status}`]),
    ];
  };
  return before = before.then(() => send(lines));
}

async function send(lines: () => string[] | Promise<string[]>): Promise<void> {
  const message = await lines();
  try {
    await notify(message);
  } catch (error) {
    if (warned) return;
    warned = true;
    const { message: why } = error as Error;
    complain(
      `${message[0]} could not be sent to systemd: ${why.split("\n")[0]}. ` +
        "Install systemd-notify, or set Type=exec in the unit",
    );
  }
}
