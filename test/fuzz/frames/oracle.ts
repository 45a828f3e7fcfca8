/** What must come of a conversation over a WebSocket. Written without the code under test. */

import { Buffer } from "node:buffer";
import { constants, inflateRawSync } from "node:zlib";
import type { Ending } from "../../behaviour/client.ts";
import { judgeFrames } from "../../support/websocket-reference.ts";
import {
  BINARY,
  CLOSE,
  hex,
  joined,
  payloadOf,
  type ServerFrame,
  serverFrames,
  TEXT,
} from "../../support/websocket-wire.ts";
import { LIMITS } from "../oracle.ts";
import { TAIL, type Talk } from "./talks.ts";

/** The codes by which frames are refused. */
const FAILURES = [1002, 1007, 1009];

/** What came of a conversation. */
export interface Outcome {
  /** All that came. */
  received: Buffer;
  /** How the connection ended; undefined where it did not in time. */
  ending: Ending | undefined;
  /** Whether the client left before it could see an end. */
  left: boolean;
  /** How long the sending took, in milliseconds. */
  sendMs: number;
}

/** What has to come: frames of the server as text, and whether it ends the connection by itself. */
export interface Expected {
  frames: string[];
  ends: boolean;
}

/** What has to come of a conversation; undefined where it is compressed and was changed. */
export function expect({ wire, most, deflate, kinds }: Talk): Expected | undefined {
  const bytes = new Uint8Array(Buffer.from(wire, "hex"));
  if (deflate) return kinds.length > 1 ? undefined : expectInflated(bytes, most);
  const frames: string[] = [];
  let ends = false;
  for (const event of judgeFrames(bytes, most)) {
    if ("failed" in event) frames.push(`${CLOSE}:failed ${event.failed}`);
    else if ("sent" in event) {
      const [opcode, payload = ""] = event.sent.split(":");
      frames.push(frame(Number(opcode), Buffer.from(payload, "hex")));
    } else if ("text" in event) frames.push(frame(TEXT, payloadOf(event.text)));
    else if ("binary" in event) frames.push(`${BINARY}:${event.binary}`);
    ends ||= "failed" in event || "end" in event;
  }
  return { frames, ends };
}

/** Whole compressed messages, as this suite makes them. */
function expectInflated(wire: Uint8Array, most: number): Expected {
  const frames: string[] = [];
  for (let at = 0; at < wire.length;) {
    const opcode = wire[at]! & 15;
    const short = wire[at + 1]! & 127;
    const length = short < 126
      ? short
      : short === 126
      ? wire[at + 2]! << 8 | wire[at + 3]!
      : Number(new DataView(wire.buffer, wire.byteOffset).getBigUint64(at + 2));
    at += short < 126 ? 2 : short === 126 ? 4 : 10;
    const key = wire.subarray(at, at += 4);
    const payload = wire.subarray(at, at += length).map((byte, i) => byte ^ key[i % 4]!);
    const inflated = inflate(payload);
    if (inflated.length > most) {
      return { frames: [...frames, `${CLOSE}:failed 1009`], ends: true };
    }
    frames.push(frame(opcode, inflated));
  }
  return { frames, ends: false };
}

function inflate(payload: Uint8Array): Uint8Array {
  return inflateRawSync(joined(payload, TAIL), { finishFlush: constants.Z_SYNC_FLUSH });
}

/** Says what is wrong with the outcome of a conversation; nothing where all is well. */
export function complaint(talk: Talk, outcome: Outcome): string | undefined {
  const { received, ending, left, sendMs } = outcome;
  if (left) return undefined;
  if (ending === undefined) return "it was not ended";
  const at = received.indexOf("\r\n\r\n");
  const head = received.toString("latin1", 0, Math.max(at, 0));
  if (!head.startsWith("Status: 101 ")) return `no 101 came: ${received.subarray(0, 200)}`;
  if (/^sec-websocket-extensions: permessage-deflate/m.test(head) !== talk.deflate) {
    return "compression was not agreed on as it was offered";
  }
  let frames: ServerFrame[];
  try {
    frames = serverFrames(received.subarray(at + 4));
  } catch (error) {
    // A client that still sends, long after the server's end, gets a reset.
    return ending !== "end" && sendMs > LIMITS.drainTimeout / 2 ? undefined : `${error}`;
  }
  const expected = expect(talk);
  const told = frames.map(tell);
  if (expected === undefined) {
    const closes = told.filter((text) => text.startsWith(`${CLOSE}:`));
    return closes.length > 1 ? `${closes.length} close frames came` : undefined;
  }
  if (String(told) !== String(expected.frames)) {
    return `${shorten(told)} came, and not ${shorten(expected.frames)}`;
  }
  return ending === "end" || sendMs > LIMITS.drainTimeout / 2 ? undefined : `it ended in ${ending}`;
}

function tell({ opcode, payload, rsv }: ServerFrame): string {
  return frame(opcode, rsv === 4 ? inflate(payload) : payload);
}

/** A frame as text; of a refusal the code alone, as its words are the server's own. */
function frame(opcode: number, payload: Uint8Array): string {
  const code = payload.length > 1 ? payload[0]! * 256 + payload[1]! : 0;
  const refuses = opcode === CLOSE && FAILURES.includes(code);
  return refuses ? `${CLOSE}:failed ${code}` : `${opcode}:${hex(payload)}`;
}

const shorten = (frames: string[]) =>
  JSON.stringify(frames.map((frame) => frame.length > 60 ? `${frame.slice(0, 60)}…` : frame));
