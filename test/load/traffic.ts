/** Requests of every kind that a load is made of, and how memory is watched meanwhile. */

import { median } from "../support/process.ts";

/** Sends one request; throws when the reply is not what it should be. */
export type Kind = (origin: string) => Promise<void>;

const body = new Uint8Array(1024);
const hello: Kind = async (origin) => equal(await text(`${origin}/hello`), "Hello\n");
const post: Kind = async (origin) =>
  equal(await text(`${origin}/length`, { method: "POST", body }), "1024\n");
const stream: Kind = async (origin) =>
  equal(await text(`${origin}/stream`), "a chunk of it\n".repeat(100));
const leaveStream: Kind = async (origin) => {
  const leave = new AbortController();
  const reply = await fetch(`${origin}/endless`, { signal: leave.signal });
  await reply.body!.getReader().read();
  leave.abort();
};
const leaveWaiting: Kind = async (origin) => {
  const signal = AbortSignal.timeout(20);
  const outcome = await fetch(`${origin}/never`, { signal }).then((reply) => reply.status, () => 0);
  equal(outcome, 0);
};

/** Of twenty requests: eleven GET, four POST, three streams, two that are aborted. */
export const mix: Kind[] = [
  ...[hello, post, hello, stream, hello, hello, post, hello, leaveStream, hello],
  ...[hello, post, hello, stream, hello, hello, post, stream, hello, leaveWaiting],
];

/** What the app has counted. */
export interface Counts {
  leavers: number;
  departures: number;
  cancelled: number;
  falseAborts: number;
}

/** Compares the first fifth after the warm-up with the last fifth, by their medians. */
export function memoryGrowth(memory: number[]): { grew: boolean; text: string } {
  const fifth = Math.floor(memory.length / 5);
  const before = median(memory.slice(fifth, 2 * fifth));
  const after = median(memory.slice(-fifth));
  const grew = after > before * 1.1 && after > before + 8;
  const numbers = `${before.toFixed(1)} MB, then ${after.toFixed(1)} MB`;
  return { grew, text: `${grew ? "the memory grew" : "the memory did not grow"} (${numbers})` };
}

async function text(url: string, init?: RequestInit): Promise<string> {
  const reply = await fetch(url, init);
  if (reply.status !== 200) throw new Error(`status ${reply.status}`);
  return await reply.text();
}

function equal(actual: unknown, expected: unknown): void {
  if (actual !== expected) throw new Error(`${actual} in place of ${expected}`);
}
