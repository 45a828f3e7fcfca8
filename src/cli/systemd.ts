/**
 * Notifies systemd of the state of the command, for a unit with `Type=notify`.
 *
 * @module
 */

import { complain } from "../report/diagnostics.ts";
import { notify, type State } from "../runtime/system/notify.ts";

let warned = false;

/** Sends a state to systemd if the unit expects it. Warns once where that fails. */
export async function tellSystemd(state: State): Promise<void> {
  try {
    await notify(state);
  } catch (error) {
    if (warned) return;
    warned = true;
    const { message } = error as Error;
    complain(
      `${state} could not be sent to systemd: ${message.split("\n")[0]}. ` +
        "Install systemd-notify, or set Type=exec in the unit",
    );
  }
}
