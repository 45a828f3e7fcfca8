/**
 * Tells systemd how the service is. That takes a Unix datagram, which no runtime has, so
 * `systemd-notify` sends it.
 *
 * @module
 */

import { readVariable } from "./environment.ts";

/** What systemd is told, as sd_notify(3) has it. */
export type State = "READY=1" | "STOPPING=1";

/** The part of Deno that is used; this package needs no runtime's types. */
interface Native {
  Command: new (program: string, options: object) => {
    output(): Promise<{ readonly code: number }>;
  };
}

const PROGRAM = "systemd-notify";

/** Tells systemd of a state, where it wants to know. Rejects where that fails. */
export async function notify(state: State): Promise<void> {
  if (!readVariable("NOTIFY_SOCKET")) return;
  const code = await run(state);
  if (code !== 0) throw new Error(`${PROGRAM} ended with ${code}`);
}

async function run(state: State): Promise<number | null> {
  const { Deno } = globalThis as { Deno?: Native };
  // node:child_process would have to be permitted to read the whole environment there.
  if (Deno !== undefined) {
    const stdio = { stdin: "null", stdout: "null", stderr: "null" };
    return (await new Deno.Command(PROGRAM, { args: [state], ...stdio }).output()).code;
  }
  const { spawn } = await import("node:child_process");
  return await new Promise((resolve, reject) => {
    spawn(PROGRAM, [state], { stdio: "ignore" }).on("error", reject).on("exit", resolve);
  });
}
