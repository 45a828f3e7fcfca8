/** Connections by the C library's own calls. */

import { dlopen, FFIType, type Pointer, ptr } from "bun:ffi";
import { openFirst } from "../../src/runtime/system/libc.ts";
import type { Place } from "./bare-shape.ts";

const { i32, u32, u64, i64_fast, ptr: pointer } = FFIType;
const call = { returns: i32 } as const;
const transfer = { args: [i32, pointer, u64, i32], returns: i64_fast } as const;
const { symbols } = openFirst((file) =>
  dlopen(file, {
    socket: { args: [i32, i32, i32], ...call },
    connect: { args: [i32, pointer, u32], ...call },
    close: { args: [i32], ...call },
    poll: { args: [pointer, u64, i32], ...call },
    usleep: { args: [u32], ...call },
    setsockopt: { args: [i32, i32, i32, pointer, u32], ...call },
    send: transfer,
    recv: transfer,
  })
);

/** The calls. */
export const libc: typeof symbols = symbols;

const AF_UNIX = 1;
const AF_INET = 2;
const SOCK_STREAM = 1;
const IPPROTO_TCP = 6;
const TCP_NODELAY = 1;
export const MSG_DONTWAIT = 0x40;
export const MSG_WAITALL = 0x100;
export const MSG_NOSIGNAL = 0x4000;
const one: Int32Array = new Int32Array([1]);

/** Opens connections to one place. */
export class Opener {
  readonly #address: Uint8Array;
  readonly #pointer: Pointer;
  readonly #family: number;

  constructor(place: Place) {
    this.#address = addressOf(place);
    this.#pointer = ptr(this.#address);
    this.#family = "unix" in place ? AF_UNIX : AF_INET;
  }

  /** A connection's file descriptor; negative where nobody listens. */
  open(): number {
    const fd = libc.socket(this.#family, SOCK_STREAM, 0);
    if (fd < 0) throw new Error("socket() failed");
    if (libc.connect(fd, this.#pointer, this.#address.length) === 0) return fd;
    libc.close(fd);
    return -1;
  }

  /** Whether somebody listens. */
  answers(): boolean {
    const fd = this.open();
    return fd >= 0 && libc.close(fd) === 0;
  }
}

/** A sockaddr_un or sockaddr_in. */
function addressOf(place: Place): Uint8Array {
  if ("unix" in place) return new Uint8Array([AF_UNIX, 0, ...Buffer.from(place.unix), 0]);
  const { port } = place;
  return new Uint8Array([AF_INET, 0, port >> 8, port & 255, 127, 0, 0, 1, ...Array(8).fill(0)]);
}

/** Has what is written leave at once. */
export function sendAtOnce(fd: number): void {
  libc.setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, ptr(one), one.byteLength);
}
