/**
 * Ends the processes that the command has started when it was killed itself, also those whose app
 * loops for ever: a shell waits for the end of the command, and kills what is left then.
 *
 * @module
 */

import { spawn } from "node:child_process";
import type { Writable } from "node:stream";

/**
 * Reads lines of process ids, of which the last counts, until the parent is gone. The background
 * makes this no child of the parent, and the sockets that Deno passes on are closed. A process that
 * has ended is forgotten within a second, lest another program be given its number. All processes
 * have $1 seconds to end by themselves, and no more than $2 after the last SIGUSR1.
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

/** How long the processes have where none asks for time; those whose loops turn do so each second. */
const SILENT_SECONDS = 3;

/** Guards the processes that this one starts. */
export class OrphanGuard {
  /** The process group of the shell, to ask for time; undefined where no shell runs. */
  readonly group: number | undefined;
  readonly #pipe: Writable | undefined;

  /**
   * Starts the shell. Sockets that are open already it may inherit.
   *
   * @param grace How long the processes may go on once this one has gone, in milliseconds.
   */
  constructor(grace: number) {
    const seconds = Math.ceil(grace / 1000);
    const times = [seconds, Math.min(seconds, SILENT_SECONDS)].map(String);
    const shell = spawn("/bin/sh", ["-c", SCRIPT, "scgi", ...times], {
      stdio: ["ignore", "ignore", "ignore", "pipe"],
      // The shell outlives what a terminal sends to all of its processes.
      detached: true,
      cwd: "/",
    });
    // A container without a shell ends its processes itself.
    shell.on("error", () => {});
    this.group = shell.pid;
    this.#pipe = shell.stdio[3] as Writable | undefined;
    this.#pipe?.on("error", () => {});
  }

  /** Names the processes, in place of those of before; a negative number is that of a group. */
  watch(pids: readonly number[]): void {
    this.#pipe?.write(`${pids.join(" ")}\n`);
  }
}
