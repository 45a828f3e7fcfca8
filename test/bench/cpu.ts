/** What processes have cost so far, as Linux tells it. */

import { readdirSync, readFileSync, writeFileSync } from "node:fs";

/** A process and all that it has started. */
export function processTree(pid: number): number[] {
  const children = readdirSync("/proc").filter((name) => /^\d+$/.test(name)).map(Number)
    .filter((other) => parentOf(other) === pid);
  return [pid, ...children.flatMap(processTree)];
}

function parentOf(pid: number): number | undefined {
  const stat = readOr(`/proc/${pid}/stat`, "");
  return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
}

/** CPU time of each thread when it was looked at last, in nanoseconds, by process: some end. */
const spent: Map<number, Map<string, number>> = new Map();

/** CPU time of processes, in microseconds: that of all threads they have, and had. */
export function cpuMicroseconds(pids: readonly number[]): number {
  let sum = 0;
  for (const pid of pids) {
    const threads = spent.get(pid) ?? new Map<string, number>();
    spent.set(pid, threads);
    for (const task of readdirSync(`/proc/${pid}/task`)) {
      const time = Number(readOr(`/proc/${pid}/task/${task}/schedstat`, "0").split(" ")[0]);
      threads.set(task, Math.max(time, threads.get(task) ?? 0));
    }
    for (const time of threads.values()) sum += time;
  }
  return sum / 1000;
}

/** The memory of processes in KiB: what they hold, or the most since {@linkcode forgetPeak}. */
export function memoryKibibytes(pids: readonly number[], which: "VmRSS" | "VmHWM"): number {
  const line = new RegExp(`^${which}:\\s+(\\d+) kB$`, "m");
  const of = (pid: number) => Number(line.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
  return pids.reduce((sum, pid) => sum + of(pid), 0);
}

/** Lets the most memory be counted from now on. */
export function forgetPeak(pids: readonly number[]): void {
  for (const pid of pids) writeFileSync(`/proc/${pid}/clear_refs`, "5");
}

/** A thread or a process may end while it is looked at. */
function readOr(file: string, otherwise: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return otherwise;
  }
}
