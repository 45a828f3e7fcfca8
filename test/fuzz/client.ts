/** Clients that do what a connection says, and see what comes of it. */

import { ask, type Ending, Peer } from "../behaviour/client.ts";
import { bytes, cut } from "../support/wire.ts";
import type { Connection } from "./mutations.ts";
import { CLOSED_WITHIN_MS, complaint, LIMITS, looksLate } from "./oracle.ts";

/** What came of a connection. */
export interface Outcome {
  /** All that came, one code unit a byte. */
  received: string;
  /** How it ended; undefined where it did not in time. */
  ending: Ending | undefined;
  /** Whether the client left, so that it cannot know what came after. */
  left: boolean;
  /** How long the sending took. */
  sendMs: number;
  /** How long the reply was not read. */
  heldMs: number;
  /** Whether the server kept its socket after its end of the reply, and after its time-outs. */
  stillOpen: boolean;
}

/** How long the server may keep a connection whose client lingers. */
const LINGER_MS = 2 * LIMITS.drainTimeout + 2000;
/** How long a client that cannot know when a quiet reply is over waits for its beginning. */
const QUIET_MS = 300;
/** How often a server is asked whether it comes to anything. */
const PROBE_MS = 50;
/** What counts as coming to nothing. */
const STALL_MS = LIMITS.drainTimeout / 4;
/** How long a client tries to send: one that does not read may not learn that the server is gone. */
const SENT_WITHIN_MS = 4000;

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Waits for a promise, up to a time. */
export function within<T>(ms: number, promise: Promise<T>): Promise<T | undefined> {
  let timer: ReturnType<typeof setTimeout>;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** Does what a connection says. */
async function perform(address: string, connection: Connection): Promise<Outcome> {
  const { reading, ending, wait, lingers } = connection;
  const peer = await Peer.open(address);
  if (reading === "late" || reading === "never") peer.pause();
  if (reading === "slowly") peer.slowly(() => 2);
  const begun = performance.now();
  await within(SENT_WITHIN_MS, send(peer, connection));
  const sent = performance.now();
  if (wait > 0) await pause(wait);

  let left = ending === "close" || ending === "reset";
  if (ending === "half-close") peer.finish();
  else if (ending === "close") peer.leave();
  else if (ending === "reset") peer.reset();
  const heldMs = reading === "late" ? performance.now() - begun : 0;
  if (reading === "late") peer.resume();
  // Nothing but the client's departure ends this one.
  if (!left && connection.wire.includes("quiet")) {
    await within(QUIET_MS, peer.until("first\n").catch(() => {}));
    peer.leave();
    left = true;
  }

  let ended: Ending | undefined;
  let before: number;
  do {
    before = peer.count;
    ended = await within(CLOSED_WITHIN_MS, peer.ended);
  } while (ended === undefined && peer.count > before);
  const lingered = lingers && !left && ended === "end" && ending === "stay";
  const stillOpen = lingered && await isOpen(peer);
  peer.leave();
  return { received: peer.received, ending: ended, left, sendMs: sent - begun, heldMs, stillOpen };
}

async function send(peer: Peer, { wire, sent, cuts, pauses }: Connection): Promise<void> {
  const pieces = cut(bytes(wire.slice(0, sent)), cuts).filter(({ length }) => length > 0);
  for (const [i, piece] of pieces.entries()) {
    const ms = i === 0 ? 0 : pauses[i - 1] ?? 0;
    if (ms > 0) await pause(ms);
    await peer.send(piece);
  }
}

/** Whether the server still has its socket, once it has had time to close it. */
async function isOpen(peer: Peer): Promise<boolean> {
  let open = true;
  peer.closed.then(() => open = false);
  await pause(LINGER_MS);
  for (let turn = 0; turn < 3 && open; turn++) {
    await peer.send("x");
    await pause(50);
  }
  return open && peer.errors.length === 0;
}

/**
 * Knows when a server came to nothing, be it that the machine was busy: then it may end what is not
 * its client's fault, since its time-outs are short here.
 */
export class Watch implements AsyncDisposable {
  /** The longest that a plain request took, in milliseconds. */
  longest = 0;
  readonly #address: string;
  readonly #stopped = new AbortController();
  readonly #running: Promise<void>;
  /** Until when it came to nothing last. */
  #slowUntil = -Infinity;
  /** When it was asked last. */
  #since = performance.now();

  constructor(address: string) {
    this.#address = address;
    this.#running = this.#run();
  }

  /** Whether the server came to nothing at some time since then, or does so now. */
  async stalledSince(begun: number): Promise<boolean> {
    const now = performance.now();
    while (this.#since < now && !this.#stopped.signal.aborted) await pause(PROBE_MS);
    return this.#slowUntil >= begun;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    let before = performance.now();
    while (!this.#stopped.signal.aborted) {
      this.#since = performance.now();
      await plainRequest(this.#address);
      const now = performance.now();
      this.longest = Math.max(this.longest, now - this.#since);
      // Where the whole machine stood still, the pause took too long, and not the request.
      if (now - before > PROBE_MS + STALL_MS) this.#slowUntil = now;
      before = now;
      await pause(PROBE_MS);
    }
  }
}

/** What happened to one connection. */
export interface Verdict {
  outcome: Outcome;
  /** What is wrong; nothing where all is well. */
  complaint: string | undefined;
  /** Whether that may be because the server came to nothing for a while. */
  excused: boolean;
}

/** Makes a connection, then a plain request over a new one. */
export async function attack(
  address: string,
  connection: Connection,
  watch: Watch,
): Promise<Verdict> {
  const begun = performance.now();
  const outcome = await perform(address, connection);
  const own = complaint(connection, outcome);
  const next = await plainRequest(address);
  const late = own === undefined ? next?.includes("No reply") : looksLate(outcome);
  const excused = late === true && await watch.stalledSince(begun);
  return { outcome, complaint: own ?? next, excused };
}

/** Says what is wrong with the answer to a plain request; nothing where all is well. */
export async function plainRequest(address: string): Promise<string | undefined> {
  try {
    const { status, text, ending } = await ask(address, "/hello");
    const well = status === 200 && text === "Hello\n" && ending === "end";
    return well ? undefined : `the next request got ${status} ${JSON.stringify(text)}, ${ending}`;
  } catch (error) {
    return `the next request failed: ${error}`;
  }
}
