/**
 * Two connected sockets in memory: what is written to one of them arrives at the other.
 *
 * @module
 */

import type { Accept, ReadMode, Socket, SocketEvents } from "../transport/socket.ts";

/** The most bytes that wait for a paused peer before a write counts as not accepted. */
const BUFFERED_BYTES = 65536;

/**
 * The ends that are not closed, as a runtime has its open sockets: an app that waits for a disconnect
 * may be referenced by nothing else.
 */
const open: Set<End> = new Set();

/** Connects two sockets. The events of a connection that opens come with the next microtasks. */
export function connectPair(client: Accept, server: Accept): void {
  const ends = [new End(), new End()] as const;
  ends[0].attach(client, ends[1]);
  ends[1].attach(server, ends[0]);
  queueMicrotask(() => ends[0].opened());
}

class End implements Socket {
  readonly watches = true;
  readonly resets = true;
  readonly tellsHalfClose = true;
  readonly unix = true;
  readonly remoteAddress = undefined;
  #events!: SocketEvents;
  #peer!: End;
  /** Bytes that the peer wrote, and that were not reported yet. */
  #arrived: Uint8Array[] = [];
  #waiting = 0;
  #paused = false;
  #scheduled = false;
  /** Whether the peer will write no more, and whether that was reported. */
  #peerEnded = false;
  #endReported = false;
  /** Whether a write was not accepted, so that a drain follows. */
  #full = false;
  #state: "open" | "ending" | "closed" = "open";

  attach(accept: Accept, peer: End): void {
    open.add(this);
    this.#peer = peer;
    this.#events = accept(this);
  }

  opened(): void {
    this.#events.connect?.();
  }

  get unsent(): number {
    return Math.max(0, this.#peer.#waiting - BUFFERED_BYTES);
  }

  read(mode: ReadMode): void {
    this.#paused = mode === "pause";
    this.#schedule();
  }

  write(bytes: Uint8Array): boolean {
    const peer = this.#peer;
    if (this.#state !== "open") return false;
    if (peer.#state === "closed") {
      queueMicrotask(() => this.#close(new Error("The peer has closed the connection")));
      return false;
    }
    // The writer may use the memory again.
    peer.#arrived.push(bytes.slice());
    peer.#waiting += bytes.length;
    peer.#schedule();
    this.#full = this.unsent > 0;
    return !this.#full;
  }

  shutdown(): void {
    this.#peer.#peerEnded = true;
    this.#peer.#schedule();
  }

  end(): void {
    if (this.#state !== "open") return;
    this.#state = "ending";
    this.shutdown();
    if (this.unsent === 0) queueMicrotask(() => this.#close());
  }

  abort(): void {
    if (this.#state === "closed") return;
    this.#state = "ending";
    const peer = this.#peer;
    queueMicrotask(() => {
      this.#close();
      peer.#close(new Error("The peer has reset the connection"));
    });
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      this.#report();
    });
  }

  #report(): void {
    if (this.#state === "closed") return;
    while (!this.#paused && this.#arrived.length > 0) {
      const bytes = this.#arrived.shift()!;
      this.#waiting -= bytes.length;
      if (this.#state === "open") this.#events.data(bytes);
      this.#peer.#taken();
    }
    if (!this.#peerEnded || this.#endReported || this.#arrived.length > 0) return;
    this.#endReported = true;
    if (this.#state === "open") this.#events.end();
  }

  /** Takes the news that the peer has taken bytes. */
  #taken(): void {
    if (this.unsent > 0) return;
    if (this.#state === "ending") queueMicrotask(() => this.#close());
    if (!this.#full) return;
    this.#full = false;
    if (this.#state === "open") this.#events.drain();
  }

  #close(error?: unknown): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    open.delete(this);
    this.#arrived = [];
    this.#waiting = 0;
    this.#peer.#taken();
    this.#events.close(error);
  }
}
