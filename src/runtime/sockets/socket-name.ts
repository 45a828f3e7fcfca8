/**
 * Whether a file descriptor is a socket that listens, and where, as the C library tells it.
 *
 * @module
 */

import type { ListenAddress } from "../../address.ts";
import { deno, runtime } from "../detect.ts";
import { openLibrary } from "../system/libc.ts";
import { permits } from "../system/permissions.ts";

/** A file descriptor, as far as the system tells. */
export interface SocketName {
  /** Whether it is a stream socket that listens. */
  readonly listens: boolean;
  /** Whether it is a Unix socket. */
  readonly unix: boolean;
  /** Where it is bound; undefined where that is no TCP address. */
  readonly address: ListenAddress | undefined;
}

/** Calls that tell of a socket; both write into the buffers. */
interface Calls {
  getsockopt(fd: number, level: number, option: number, value: Memory, size: Memory): number;
  getsockname(fd: number, address: Memory, size: Memory): number;
}

type Memory = Uint8Array | Uint32Array;

/** Numbers of the headers of Linux, and of macOS; `family` is where an address has its own. */
const LINUX = { level: 1, type: 3, accepts: 30, inet6: 10, family: 0 };
const DARWIN = { level: 0xffff, type: 0x1008, accepts: 2, inet6: 30, family: 1 };
const STREAM = 1;
const [UNIX, INET] = [1, 2];
/** Room for any address. */
const ADDRESS_BYTES = 128;

/**
 * Asks for a file descriptor. Undefined where this runtime has no way to call the library, or Deno
 * may not.
 */
export async function socketName(fd: number): Promise<SocketName | undefined> {
  if (runtime === "node" || !permits({ name: "ffi" })) return undefined;
  const calls = await open();
  if (calls === undefined) return undefined;
  const os = deno?.build.os ?? globalThis.process.platform;
  const numbers = os === "darwin" ? DARWIN : LINUX;
  const option = (number: number): number => {
    const value = new Uint32Array(1);
    const size = new Uint32Array([value.byteLength]);
    return calls.getsockopt(fd, numbers.level, number, value, size) === 0 ? value[0]! : 0;
  };
  const bytes = new Uint8Array(ADDRESS_BYTES);
  const named = calls.getsockname(fd, bytes, new Uint32Array([bytes.length])) === 0;
  const family = named ? bytes[numbers.family] : undefined;
  const hostname = family === INET
    ? bytes.subarray(4, 8).join(".")
    : family === numbers.inet6
    ? inet6(bytes.subarray(8, 24))
    : undefined;
  const port = bytes[2]! << 8 | bytes[3]!;
  return {
    listens: option(numbers.type) === STREAM && option(numbers.accepts) !== 0,
    unix: family === UNIX,
    address: hostname === undefined ? undefined : { transport: "tcp", hostname, port },
  };
}

async function open(): Promise<Calls | undefined> {
  try {
    return await openLibrary<Calls>({
      getsockopt: ["i32", "i32", "i32", "buffer", "buffer"],
      getsockname: ["i32", "buffer", "buffer"],
    });
  } catch {
    return undefined;
  }
}

/** An IPv6 address, in its usual spelling. */
function inet6(bytes: Uint8Array): string {
  const groups = Array.from({ length: 8 }, (_, index) => {
    return (bytes[2 * index]! << 8 | bytes[2 * index + 1]!).toString(16);
  });
  return new URL(`http://[${groups.join(":")}]`).hostname.slice(1, -1);
}
