/** The other side of a runtime's own sockets, over node:net. */

import { mkdtempSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** More than the kernel takes in one write. */
export const BIG = new Uint8Array(16 * 1024 * 1024);

/** The longest that is waited for at once. */
const SLICE_MS = 5;

/** Waits, with several looks at the sockets: a process that was held up sees its timers first. */
export async function pause(ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= SLICE_MS) {
    await new Promise((resolve) => setTimeout(resolve, Math.min(left, SLICE_MS)));
  }
}

/** Runs an action with a path that a socket can be bound to. */
export async function withPath(action: (path: string) => Promise<void> | void): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "scgi-facts-"));
  try {
    await action(join(folder, "socket"));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The other side of a connection: what it got, and how that ended. */
export class Peer {
  received = "";
  bytes = 0;
  ended = false;
  error: string | undefined;
  readonly closed: Promise<void>;
  readonly socket: Socket;

  constructor(to: { path: string } | { port: number; host: string }) {
    this.socket = connect({ ...to, allowHalfOpen: true });
    this.socket.on("data", (bytes) => {
      this.bytes += bytes.length;
      if (this.bytes < 1000) this.received += String(bytes);
    });
    this.socket.on("end", () => (this.ended = true));
    this.socket.on("error", (error) => (this.error = (error as NodeJS.ErrnoException).code));
    this.closed = new Promise((resolve) => this.socket.on("close", () => resolve()));
  }

  connected(): Promise<void> {
    return new Promise((resolve) => this.socket.on("connect", () => resolve()));
  }

  /** Sends bytes; resolves when the kernel took them. */
  send(bytes: string): Promise<void> {
    return new Promise((resolve) => this.socket.write(bytes, () => resolve()));
  }

  /** Resolves when the other side has ended or reset the connection. */
  async over(): Promise<void> {
    while (!this.ended && this.error === undefined) await pause(5);
    this.socket.destroy();
    await this.closed;
  }
}
