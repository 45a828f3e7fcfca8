/**
 * The wear of a worker: after `--max-requests`, or over `--max-memory`, it asks to be replaced.
 *
 * @module
 */

import { every } from "../../runtime/system/timers.ts";
import { memoryUse } from "../../runtime/system/memory.ts";

/** The limits of one worker; 0 is no limit. */
export interface WearLimits {
  /** Requests, before the jitter. */
  readonly maxRequests: number;
  /** Resident memory in MiB. */
  readonly maxMemory: number;
}

/** The intervals at which requests are counted, and memory is measured. */
const COUNT_MS = 100;
const MEASURE_MS = 1000;
/** The most of `maxRequests` that is added by chance, so that workers are not worn out together. */
const JITTER = 0.1;
const MEBIBYTE = 1024 * 1024;

/**
 * Watches the wear of this worker, from before it serves.
 *
 * @param requests Returns how many connections, each of which has one request, were accepted.
 * @param worn Called once, with what the worker has done or holds, such as `1034 requests`.
 * @param tight Called instead where the worker holds more than `maxMemory` before its first request: a
 * replacement would hold as much.
 */
export function watchWear(
  { maxRequests, maxMemory }: WearLimits,
  requests: () => number,
  worn: (what: string) => void,
  tight: (mebibytes: number) => void,
): void {
  const most = Math.ceil(maxRequests * (1 + JITTER * Math.random()));
  const until = (ms: number, look: () => string | undefined): void => {
    const end = every(ms, () => {
      const what = asked ? undefined : look();
      if (asked || what !== undefined) end();
      if (what === undefined) return;
      asked = true;
      worn(what);
    });
  };
  let asked = false;
  if (maxRequests > 0) {
    until(COUNT_MS, () => requests() >= most ? `served ${requests()} requests` : undefined);
  }
  if (maxMemory === 0) return;
  const atStart = residentMebibytes();
  if (atStart >= maxMemory) return tight(atStart);
  until(MEASURE_MS, () => {
    const now = residentMebibytes();
    return now > maxMemory ? `uses ${now} MiB of memory` : undefined;
  });
}

function residentMebibytes(): number {
  return Math.round(memoryUse().resident / MEBIBYTE);
}
