/**
 * What the command tells systemd of itself, when it runs as a unit with `Type=notify`.
 *
 * @module
 */

import { complain } from "../report/diagnostics.ts";
import { notify, type State } from "../runtime/system/notify.ts";

let warned = false;

/** Tells systemd of a state, where it wants to know; that it cannot be told is one warning. */
export async function tellSystemd(state: State): Promise<void> {
  try {
    await notify(state);
  } catch (error) {
    if (warned) return;
    warned = true;
    const { message } = error as Error;
    complain(
      `systemd could not be told ${state}: ${message.split("\n")[0]}. ` +
        "Install systemd-notify, or set Type=exec in the unit",
    );
  }
}
