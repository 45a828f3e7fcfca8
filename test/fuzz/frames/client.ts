/** Clients that talk as a conversation says, and ordinary sockets beside them. */

import { Buffer } from "node:buffer";
import { setTimeout as sleep } from "node:timers/promises";
import { head, Peer } from "../../behaviour/client.ts";
import {
  CLOSE,
  HANDSHAKE,
  masked,
  PONG,
  readFrames,
  tellFrames,
  TEXT,
} from "../../support/frames.ts";
import { cut } from "../../support/wire.ts";
import { plainRequest, type Watch, within } from "../client.ts";
import { CLOSED_WITHIN_MS } from "../oracle.ts";
import { complaint, expect, type Outcome } from "./oracle.ts";
import type { Talk } from "./talks.ts";

const OFFER = { HTTP_SEC_WEBSOCKET_EXTENSIONS: "permessage-deflate; client_max_window_bits" };

/** Does what a conversation says. */
async function perform(address: string, talk: Talk): Promise<Outcome> {
  const { wire, cuts, pauses, early, deflate, ending } = talk;
  const peer = await Peer.open(address);
  const variables = { ...HANDSHAKE, ...(deflate ? OFFER : {}) };
  const [first = new Uint8Array(), ...rest] = cut(Buffer.from(wire, "hex"), cuts);
  const handshake = head(`/socket/${talk.most}`, { variables });
  const begun = performance.now();
  if (early) await peer.send(Buffer.concat([handshake, first]));
  else {
    await peer.send(handshake);
    await within(CLOSED_WITHIN_MS, peer.until("\r\n\r\n").catch(() => {}));
    await peer.send(first);
  }
  for (const [i, piece] of rest.entries()) {
    if ((pauses[i] ?? 0) > 0) await sleep(pauses[i]);
    await peer.send(piece);
  }
  const sendMs = performance.now() - begun;
  const left = ending !== "stay";
  if (ending === "close") peer.leave();
  else if (ending === "reset") peer.reset();
  else if (expect(talk)?.ends !== true) peer.finish();
  const ended = await within(CLOSED_WITHIN_MS, peer.ended);
  peer.leave();
  return { received: Buffer.concat(peer.chunks), ending: ended, left, sendMs };
}

/** What happened to one conversation. */
export interface Verdict {
  outcome: Outcome;
  /** The last frame that came, in a word. */
  last: string;
  /** What is wrong; nothing where all is well. */
  complaint: string | undefined;
  /** Whether that may be because the server came to nothing for a while. */
  excused: boolean;
}

/** Has a conversation, then makes a plain request over a new connection. */
export async function converse(address: string, talk: Talk, watch: Watch): Promise<Verdict> {
  const begun = performance.now();
  const outcome = await perform(address, talk);
  const own = complaint(talk, outcome);
  const next = await plainRequest(address);
  const late = own === undefined ? next?.includes("No reply") : outcome.ending === undefined;
  const excused = late === true && await watch.stalledSince(begun);
  return { outcome, last: lastFrame(outcome), complaint: own ?? next, excused };
}

function lastFrame({ received }: Outcome): string {
  const frame = readFrames(received.subarray(received.indexOf("\r\n\r\n") + 4)).at(-1);
  if (frame === undefined) return "nothing";
  const { opcode, payload } = frame;
  if (opcode !== CLOSE) return opcode === PONG ? "a pong" : "a message";
  const code = payload.length < 2 ? 0 : payload.readUInt16BE(0);
  return code >= 3000 ? "a close 3000 to 4999" : `a close ${code || ""}`.trim();
}

/** How long an ordinary socket waits for its echo, on a machine that is busy. */
const ECHO_WITHIN_MS = 20_000;
const ECHO_EVERY_MS = 50;

/** Ordinary sockets, which go on echoing while others are hostile. */
export class Bystanders implements AsyncDisposable {
  /** What was wrong. */
  readonly complaints: string[] = [];
  /** Echoes that came. */
  echoes = 0;
  readonly #stopped = new AbortController();
  readonly #running: Promise<unknown>;

  constructor(address: string, count: number) {
    this.#running = Promise.all(Array.from({ length: count }, () => this.#talk(address)));
  }

  /** A line on what they did. */
  get told(): string {
    return `\n  echoes of the sockets beside: ${this.echoes}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped.abort();
    await this.#running;
  }

  async #talk(address: string): Promise<void> {
    const peer = await Peer.open(address);
    try {
      await peer.send(head("/socket/100", { variables: HANDSHAKE }));
      await within(ECHO_WITHIN_MS, peer.until("\r\n\r\n"));
      for (let turn = 0; !this.#stopped.signal.aborted; turn++) {
        peer.chunks = [];
        const text = `echo ${turn}`;
        await peer.send(masked(TEXT, text));
        await within(ECHO_WITHIN_MS, peer.until(text));
        const frames = tellFrames(Buffer.concat(peer.chunks));
        if (String(frames) !== `1:${text}`) throw new Error(`${frames} came in place of ${text}`);
        this.echoes++;
        await sleep(ECHO_EVERY_MS);
      }
    } catch (error) {
      this.complaints.push(`a socket beside them: ${error}`);
    } finally {
      peer.leave();
    }
  }
}
