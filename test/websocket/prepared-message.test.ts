/** A message for many endpoints: the frames that they share, and those that they cannot. */

import { expect, test } from "bun:test";
import { PerMessageDeflate } from "../../src/websocket/deflate.ts";
import { Endpoint, type EndpointOptions } from "../../src/websocket/endpoint.ts";
import { PreparedMessage } from "../../src/websocket/prepared-message.ts";
import { BINARY, joined, recorded, serverFrames, TEXT } from "../support/websocket-wire.ts";

const text = "the same words, the same words, the same words";
const deflate = (serverMaxWindowBits: number, serverContextTakeover = false) => ({
  serverContextTakeover,
  clientContextTakeover: false,
  serverMaxWindowBits,
  clientMaxWindowBits: 15,
});
const ignore = () => {};

/** The arrays that an endpoint is given to write. */
function writes(options: EndpointOptions, ...messages: PreparedMessage[]): Uint8Array[] {
  const all: Uint8Array[] = [];
  const endpoint = new Endpoint({
    write: (bytes) => void all.push(bytes),
    finish: ignore,
    message: ignore,
    ping: ignore,
    pong: ignore,
    failed: ignore,
    closed: ignore,
  }, options);
  for (const message of messages) endpoint.sendPrepared(message);
  return all;
}

test("endpoints that do not compress write the same array", () => {
  for (const content of [text, Buffer.from(text)]) {
    const message = new PreparedMessage(content, true);
    const [first] = writes({}, message);
    expect(writes({}, message)[0]).toBe(first!);
    const [frame] = serverFrames(first!);
    expect(frame!.opcode).toBe(typeof content === "string" ? TEXT : BINARY);
    expect(Buffer.from(frame!.payload).toString()).toBe(text);
  }
});

test("a message that is not to be compressed is not, where that was negotiated", () => {
  const message = new PreparedMessage(text, false);
  const [first] = writes({ deflate: deflate(15) }, message);
  expect(writes({}, message)[0]).toBe(first!);
  expect(serverFrames(first!)[0]!.rsv).toBe(0);
});

test("endpoints that compress each message by itself write the same array, for each window", () => {
  const message = new PreparedMessage(text, true);
  const [first] = writes({ deflate: deflate(15) }, message);
  expect(writes({ deflate: deflate(15) }, message)[0]).toBe(first!);
  expect(writes({ deflate: deflate(9) }, message)[0]).not.toBe(first!);
  const [frame] = serverFrames(first!);
  expect(frame!.rsv).toBe(4);
  const inflated = new PerMessageDeflate(deflate(15)).inflate(frame!.payload, 1000);
  expect(Buffer.from(inflated as Uint8Array).toString()).toBe(text);
});

test("an endpoint whose messages refer to earlier ones compresses as for itself alone", () => {
  const options = { deflate: deflate(15, true) };
  const message = new PreparedMessage(text, true);
  const shared = writes(options, message, message);
  const { endpoint, written } = recorded(options);
  endpoint.sendText(text, true);
  endpoint.sendText(text, true);
  expect(joined(...shared)).toEqual(written());
});

test("a closed endpoint sends nothing of it", () => {
  const { endpoint, events } = recorded();
  endpoint.close();
  const before = events.length;
  expect(endpoint.sendPrepared(new PreparedMessage(text, false))).toBe(0);
  expect(events.length).toBe(before);
});
