/** Options of the WebSockets of `Bun.serve`, over its own server and over SCGI behind nginx. */

import { Buffer } from "node:buffer";
import { beforeAll } from "bun:test";
import { constants, createInflateRaw, deflateRawSync, inflateRawSync } from "node:zlib";
import { eventually } from "../support/eventually.ts";
import { masked, readFrames, tellFrames } from "../support/frames.ts";
import { ask, describeBoth, type Side, UPGRADE } from "./both.ts";
import { logOf, SocketClient } from "./socket-client.ts";

const script = "test/run/apps/websocket-options.ts";
const row = "WebSockets";
const OFFER = [...UPGRADE, "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"];
const TAIL = Buffer.from([0, 0, 0xff, 0xff]);

/** A frame's text, and whether it was compressed. */
type Told = [text: string, compressed: boolean];

/** The messages of a server, inflated each by itself or by one inflater for all. */
async function messages(bytes: Buffer, remembers: boolean): Promise<Told[]> {
  const inflater = createInflateRaw({ flush: constants.Z_SYNC_FLUSH });
  const told: Told[] = [];
  for (let rest = bytes; rest.length > 0;) {
    const [frame] = readFrames(rest);
    if (frame === undefined) break;
    const compressed = (rest[0]! & 0x40) !== 0;
    const whole = Buffer.concat([frame.payload, TAIL]);
    const text = !compressed
      ? frame.payload
      : remembers
      ? await inflated(inflater, whole)
      : inflateRawSync(whole, { finishFlush: constants.Z_SYNC_FLUSH });
    told.push([text.toString(), compressed]);
    rest = rest.subarray(frame.payload.byteOffset + frame.payload.length - rest.byteOffset);
  }
  return told;
}

function inflated(inflater: ReturnType<typeof createInflateRaw>, bytes: Buffer): Promise<Buffer> {
  return new Promise((resolve) => {
    const pieces: Buffer[] = [];
    const keep = (piece: Buffer) => void pieces.push(piece);
    inflater.on("data", keep);
    inflater.write(bytes, () => {
      inflater.off("data", keep);
      resolve(Buffer.concat(pieces));
    });
  });
}

/** What a call sends, and its results. */
async function called(side: Side, name: string, remembers: boolean): Promise<Told[]> {
  const client = await new SocketClient(side).shake("", OFFER);
  await client.send(1, name);
  await client.send(1, "the end");
  const read = () => messages(client.bytes, remembers);
  const all = await eventually(read, (told) => told.some(([text]) => text === '"echo 7"'));
  client.reset();
  return all;
}

const CALLS = [
  ...["send", "send, compressed", "send, not compressed", "sendText and sendBinary"],
  ...["the same twice", "publish"],
];

/** What comes to a client that is silent, and when it is closed, in steps of 4 s. */
async function untilClosed(side: Side): Promise<unknown> {
  const begun = performance.now();
  const client = await new SocketClient(side).shake();
  await client.closed();
  const took = Math.round((performance.now() - begun) / 4000) * 4;
  return [tellFrames(client.bytes), took, await logOf(side, client.id, /^close/)];
}

for (const set of ["compressing", "remembering", "inflating"]) {
  const options = { script, on: ["bun"] as const, args: [set] };
  describeBoth(`WebSockets of Bun.serve, ${set}`, options, (compare, _, both) => {
    /** It takes its time, so that both are asked at once, and before the other rows. */
    const silent = new Map<Side, Promise<unknown>>();
    if (set !== "inflating") {
      beforeAll(() => {
        for (const side of [both().http, both().scgi]) silent.set(side, untilClosed(side));
      });
    }

    const offers = [
      "permessage-deflate",
      "permessage-deflate; client_max_window_bits",
      "permessage-deflate; server_no_context_takeover; client_no_context_takeover",
      "x-other, permessage-deflate",
      "permessage-deflate; client_max_window_bits=10",
      "x-other",
    ];
    for (const offer of offers) {
      compare.same(row, `an offer of compression is answered or not (${offer})`, async (side) => {
        const headers = [...UPGRADE, `Sec-WebSocket-Extensions: ${offer}`];
        const client = await new SocketClient(side).shake("", headers);
        client.reset();
        const answer = client.fields.find((line) => line.startsWith("sec-websocket-extensions"));
        return answer?.includes("permessage-deflate");
      });
    }

    for (const name of CALLS) {
      compare.same(
        row,
        `the call "${name}" sends the same, compressed where the other is`,
        (side) => {
          return called(side, name, set === "remembering");
        },
      );
    }

    compare.same(row, "compressed messages are read", async (side) => {
      const client = await new SocketClient(side).shake("", OFFER);
      for (const text of ["compressed", "x".repeat(5000)]) {
        const deflated = deflateRawSync(text, { finishFlush: constants.Z_SYNC_FLUSH });
        const frame = masked(1, deflated.subarray(0, -4));
        frame[0]! |= 0x40;
        await client.sendBytes(frame);
      }
      const told = await eventually(
        () => messages(client.bytes, set === "remembering"),
        (all) => all.length >= 2,
      );
      client.reset();
      return told;
    });

    compare.same(row, "a socket that is paused gets nothing until it is resumed", async (side) => {
      const client = await new SocketClient(side).shake();
      await client.send(1, "pause");
      await logOf(side, client.id, /^paused/);
      await client.send(1, "later");
      const { body } = await ask(side, `GET /resume/${client.id}`);
      const log = await logOf(side, client.id, /^message later/);
      client.reset();
      return [body, log];
    });

    if (set !== "inflating") {
      compare.same(row, "a silent client is closed at the same time", (side) => silent.get(side));
    }

    if (set !== "remembering") return;
    compare.same(row, "a client that takes nothing is closed at the limit", async (side) => {
      const client = await new SocketClient(side).shake();
      client.pause();
      await client.send(1, "flood");
      const log = await logOf(side, client.id, /^close/);
      client.reset();
      return log;
    });
  });
}
