/**
 * Reports the state of the service to systemd. The runtimes cannot send the Unix datagram for that, so
 * the program `systemd-notify` does.
 *
 * @module
 */

import { deno } from "../detect.ts";
import { readVariable, removeVariables } from "./environment.ts";

const PROGRAM = "systemd-notify";
const TIMEOUT_MS = 5000;

/** The socket and the times that systemd has given to this process. */
export interface Service {
  /** The socket for the messages. */
  readonly socket: string;
  /** `WatchdogSec` of the unit in milliseconds; 0 where this process sends no signs of life. */
  readonly watchdog: number;
}

let taken: { service: Service | undefined } | undefined;

/**
 * The wishes of systemd; undefined where it did not start this process, or wants nothing. The
 * first call removes the variables that say so: child processes of the app must not speak for it.
 */
export function service(): Service | undefined {
  return (taken ??= { service: takeService() }).service;
}

function takeService(): Service | undefined {
  const socket = readVariable("NOTIFY_SOCKET");
  const pid = readVariable("WATCHDOG_PID");
  const forThis = pid === undefined || pid === String(globalThis.process.pid);
  const watchdog = forThis ? Number(readVariable("WATCHDOG_USEC")) / 1000 || 0 : 0;
  removeVariables(["NOTIFY_SOCKET", "WATCHDOG_PID", "WATCHDOG_USEC"]);
  return socket ? { socket, watchdog } : undefined;
}

/**
 * Sends the lines of a message, see sd_notify(3), where systemd wants to know. Rejects where that fails.
 */
export async function notify(lines: readonly string[]): Promise<void> {
  const { socket } = service() ?? {};
  if (socket === undefined) return;
  const code = await run(lines, { NOTIFY_SOCKET: socket });
  if (code === null) throw new Error(`${PROGRAM} did not end within ${TIMEOUT_MS} ms`);
  if (code !== 0) throw new Error(`${PROGRAM} ended with ${code}`);
}

/** Resolves to the exit status of the program, or to null after the time-out. */
async function run(
  args: readonly string[],
  variables: Record<string, string>,
): Promise<number | null> {
  // On Deno, `node:child_process` needs the permission to read the whole environment.
  if (deno !== undefined) {
    const stdio = { stdin: "null", stdout: "null", stderr: "null" };
    const child = new deno.Command(PROGRAM, { args, env: variables, ...stdio }).spawn();
    const timer = setTimeout(() => child.kill("SIGKILL"), TIMEOUT_MS);
    const { code, signal } = await child.status;
    clearTimeout(timer);
    return signal === null ? code : null;
  }
  const { spawn } = await import("node:child_process");
  const env = { ...globalThis.process.env, ...variables };
  const limit = { timeout: TIMEOUT_MS, killSignal: "SIGKILL", env } as const;
  return await new Promise((resolve, reject) => {
    spawn(PROGRAM, args, { stdio: "ignore", ...limit }).on("error", reject).on("exit", resolve);
  });
}
