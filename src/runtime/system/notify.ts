/**
 * Reports the state of the service to systemd. The runtimes cannot send the Unix datagram for that, so
 * the program `systemd-notify` does.
 *
 * @module
 */

import { deno } from "../detect.ts";
import { readVariable } from "./environment.ts";

/** A state of the service, see sd_notify(3). */
export type State = "READY=1" | "STOPPING=1";

const PROGRAM = "systemd-notify";
const TIMEOUT_MS = 5000;

/** Reports a state where systemd has set `NOTIFY_SOCKET`. Rejects where that fails. */
export async function notify(state: State): Promise<void> {
  if (!readVariable("NOTIFY_SOCKET")) return;
  const code = await run(state);
  if (code === null) throw new Error(`${PROGRAM} did not end within ${TIMEOUT_MS} ms`);
  if (code !== 0) throw new Error(`${PROGRAM} ended with ${code}`);
}

/** Resolves to the exit status of the program, or to null after the time-out. */
async function run(state: State): Promise<number | null> {
  // On Deno, `node:child_process` needs the permission to read the whole environment.
  if (deno !== undefined) {
    const stdio = { stdin: "null", stdout: "null", stderr: "null" };
    const child = new deno.Command(PROGRAM, { args: [state], ...stdio }).spawn();
    const timer = setTimeout(() => child.kill("SIGKILL"), TIMEOUT_MS);
    const { code, signal } = await child.status;
    clearTimeout(timer);
    return signal === null ? code : null;
  }
  const { spawn } = await import("node:child_process");
  const limit = { timeout: TIMEOUT_MS, killSignal: "SIGKILL" } as const;
  return await new Promise((resolve, reject) => {
    spawn(PROGRAM, [state], { stdio: "ignore", ...limit }).on("error", reject).on("exit", resolve);
  });
}
