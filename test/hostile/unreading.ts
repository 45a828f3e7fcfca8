/**
 * A client that sends a request and reads nothing, through the C library: over TCP it announces a
 * window and segments that are tiny, as an attacker does to whom its own memory is dear. Without
 * that, Linux would take 3 MB for each reply, and this machine's memory would be what is tested.
 */

import { dlopen, ptr } from "bun:ffi";
import { setTimeout as sleep } from "node:timers/promises";
import type { ParsedAddress } from "../../src/address.ts";
import { openFirst } from "../../src/runtime/system/libc.ts";

const [AF_UNIX, AF_INET, SOCK_STREAM, SOL_SOCKET, SO_RCVBUF, IPPROTO_TCP, TCP_MAXSEG] = [
  1,
  2,
  1,
  1,
  8,
  6,
  2,
] as const;
const WINDOW_BYTES = 4096;
const SEGMENT_BYTES = 536;
const RETRY_MS = 10;

const libc = openFirst((file) =>
  dlopen(file, {
    socket: { args: ["i32", "i32", "i32"], returns: "i32" },
    setsockopt: { args: ["i32", "i32", "i32", "ptr", "u32"], returns: "i32" },
    connect: { args: ["i32", "ptr", "u32"], returns: "i32" },
    write: { args: ["i32", "ptr", "u64"], returns: "i64" },
  }).symbols
);

/** Connects, which waits where the backlog is full, and sends a request. */
export async function openUnreading(at: ParsedAddress, request: Uint8Array): Promise<void> {
  const address = encode(at);
  const fd = libc.socket("unix" in at ? AF_UNIX : AF_INET, SOCK_STREAM, 0);
  if (!("unix" in at)) {
    set(fd, SOL_SOCKET, SO_RCVBUF, WINDOW_BYTES);
    set(fd, IPPROTO_TCP, TCP_MAXSEG, SEGMENT_BYTES);
  }
  while (libc.connect(fd, ptr(address), address.length) !== 0) {
    await sleep(RETRY_MS);
  }
  libc.write(fd, ptr(request), request.length);
}

function set(fd: number, level: number, name: number, value: number): void {
  libc.setsockopt(fd, level, name, ptr(Int32Array.of(value)), 4);
}

function encode(at: ParsedAddress): Uint8Array {
  if ("unix" in at) {
    return Buffer.concat([Uint16Array.of(AF_UNIX), Buffer.from(`${at.unix}\0`)].map(bytesOf));
  }
  const { port } = at as { port: number };
  return Uint8Array.of(AF_INET, 0, port >> 8, port & 255, 127, 0, 0, 1, ...new Uint8Array(8));
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
