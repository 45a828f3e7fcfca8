/**
 * Ends the child processes of the command where the command itself was killed, even those whose app
 * is in an endless loop: a shell waits for the end of the command, and kills the processes that
 * stay.
 *
 * @module
 */

import { spawn } from "node:child_process";
import type { Writable } from "node:stream";

/**
 * Reads lines of process ids until the parent ends; the last line counts. Runs in the background,
 * so that the parent has no such child, and closes the sockets that it inherits on Deno. A process
 * that has ended is removed from the list within a second, before the system reuses its id. The
 * processes have $1 seconds to end by themselves, but no more than $2 after the last SIGUSR1.
 */
const SCRIPT = `{
trap "" HUP INT QUIT TERM
trap "silent=$2" USR1
exec 4<&- 5<&- 6<&- 7<&- 8<&- 9<&-
while read -r line <&3; do pids=$line; done
exec 3<&-
seconds=$1 silent=$2
while
  left=
  for pid in $pids; do kill -0 $pid && left="$left $pid"; done
  pids=$left
  [ "$pids" ]
do
  if [ $seconds -le 0 ] || [ $silent -le 0 ]; then kill -9 $pids; exit; fi
  seconds=$((seconds - 1)) silent=$((silent - 1))
  (trap "" USR1; exec sleep 1)
done
} 2>/dev/null &`;

/** The time until the kill, unless a process asks for more: each whose event loop turns does. */
const SILENT_SECONDS = 3;

/** Guards the processes that this one starts. */
export class OrphanGuard {
  /** The process group of the shell, which SIGUSR1 asks for time; undefined where no shell runs. */
  readonly group: number | undefined;
  readonly #pipe: Writable | undefined;

  /**
   * Starts the shell. It may inherit sockets that are open already.
   *
   * @param grace How long the processes may go on after the end of this one, in milliseconds.
   */
  constructor(grace: number) {
    const seconds = Math.ceil(grace / 1000);
    const times = [seconds, Math.min(seconds, SILENT_SECONDS)].map(String);
    const shell = spawn("/bin/sh", ["-c", SCRIPT, "scgi", ...times], {
      stdio: ["ignore", "ignore", "ignore", "pipe"],
      // The shell must outlive the signals that a terminal sends to its processes.
      detached: true,
      cwd: "/",
    });
    // A container without a shell ends its processes itself.
    shell.on("error", () => {});
    this.group = shell.pid;
    this.#pipe = shell.stdio[3] as Writable | undefined;
    this.#pipe?.on("error", () => {});
  }

  /** Replaces the list of process ids; a negative number is a process group. */
  watch(pids: readonly number[]): void {
    this.#pipe?.write(`${pids.join(" ")}\n`);
  }
}
