/** What signals are sent to, and what they must not open. */

import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** Whether processes can be started as PID 1 of a namespace of their own: as root on Linux. */
export const canBeFirst: boolean =
  spawnSync("unshare", ["--fork", "--pid", "--mount-proc", "true"]).status === 0;

/** The words that start a program as PID 1 of a namespace. */
export const AS_FIRST = ["unshare", "--fork", "--pid", "--mount-proc", "--kill-child"];

/** The process ids of what a process has started. */
export function childrenOf(pid: number): number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, "utf8").split(" ")
      .filter((word) => word !== "").map(Number)
  );
}

/** Whether a process listens over TCP, as a debugger does. */
export function listensOverTcp(pid: number): boolean {
  const LISTENS = "0A";
  const inodes = readFileSync(`/proc/${pid}/net/tcp`, "utf8").split("\n")
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[3] === LISTENS).map((fields) => `socket:[${fields[9]}]`);
  return readdirSync(`/proc/${pid}/fd`).some((fd) => {
    try {
      return inodes.includes(readlinkSync(`/proc/${pid}/fd/${fd}`));
    } catch {
      return false;
    }
  });
}
