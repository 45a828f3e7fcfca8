/**
 * Tells systemd how the service is. That takes a Unix datagram, which no runtime has, so
 * `systemd-notify` sends it.
 *
 * @module
 */

import { deno } from "../detect.ts";
import { readVariable } from "./environment.ts";

/** What systemd is told, as sd_notify(3) has it. */
export type State = "READY=1" | "STOPPING=1";

const PROGRAM = "systemd-notify";
/** How long the program may take. */
const LONGEST_MS = 5000;

/** Tells systemd of a state, where it wants to know. Rejects where that fails. */
export async function notify(state: State): Promise<void> {
  if (!readVariable("NOTIFY_SOCKET")) return;
  const code = await run(state);
  if (code === null) throw new Error(`${PROGRAM} did not end within ${LONGEST_MS} ms`);
  if (code !== 0) throw new Error(`${PROGRAM} ended with ${code}`);
}

/** Resolves to the exit status of the program; to null where it was killed. */
async function run(state: State): Promise<number | null> {
  // node:child_process would have to be permitted to read the whole environment there.
  if (deno !== undefined) {
    const stdio = { stdin: "null", stdout: "null", stderr: "null" };
    const child = new deno.Command(PROGRAM, { args: [state], ...stdio }).spawn();
    const timer = setTimeout(() => child.kill("SIGKILL"), LONGEST_MS);
    const { code, signal } = await child.status;
    clearTimeout(timer);
    return signal === null ? code : null;
  }
  const { spawn } = await import("node:child_process");
  const limit = { timeout: LONGEST_MS, killSignal: "SIGKILL" } as const;
  return await new Promise((resolve, reject) => {
    spawn(PROGRAM, [state], { stdio: "ignore", ...limit }).on("error", reject).on("exit", resolve);
  });
}
