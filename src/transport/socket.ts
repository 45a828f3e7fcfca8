/**
 * What a connection needs of a socket, and a server of a listener: the one interface that each
 * runtime's sockets are given.
 *
 * @module
 */

import type { FdAddress, ListenAddress, ParsedAddress } from "../address.ts";

/** An address that no socket is open at yet. */
export type FreeAddress = Exclude<ParsedAddress, FdAddress>;

/**
 * How much of the peer's bytes is wanted.
 *
 * - `flow`: all, as they come.
 * - `hold`: none; the kernel's buffer fills, and then the peer waits.
 * - `idle`: none are expected. Bytes and departures are told where watching for them is free.
 */
export type ReadMode = "flow" | "hold" | "idle";

/** One accepted connection. */
export interface Socket {
  /** Whether `idle` tells of departures; where not, `flow` does. */
  readonly watches: boolean;
  /** Whether {@linkcode abort} can make the peer see a reset. */
  readonly resets: boolean;
  /** Whether a peer that ended its side is told from one that left. */
  readonly tellsHalfClose: boolean;
  /** Whether it is a Unix socket, whose peer has no address. */
  readonly unix: boolean;
  /** Address of the peer; undefined for Unix sockets, and for a TCP peer that has left already. */
  readonly remoteAddress: string | undefined;
  /** Bytes that were written and have not left. */
  readonly unsent: number;
  /** Says how much is wanted from now on. A socket begins with `flow`. */
  read(mode: ReadMode): void;
  /**
   * Sends bytes, after those of earlier calls. What the kernel does not take is kept, not copied.
   *
   * @returns whether all of it has left; where not, {@linkcode SocketEvents.drain} follows.
   */
  write(bytes: Uint8Array): boolean;
  /** Ends our side once everything has left; the peer can still send. */
  shutdown(): void;
  /** Closes once everything has left. */
  end(): void;
  /** Closes at once, with a reset where there can be one. */
  abort(): void;
}

/** What a socket tells its connection; nothing after {@linkcode close}. */
export interface SocketEvents {
  /** A socket that was opened by {@linkcode connect} has reached its peer. */
  connect?(): void;
  /** Bytes came. Gives whether they are kept: where not, their memory is used again. */
  data(bytes: Uint8Array): boolean;
  /** The peer will send no more. */
  end(): void;
  /** Everything that was written has left. */
  drain(): void;
  /** The socket is gone: after {@linkcode Socket.end} without an error, else with or without. */
  close(error?: unknown): void;
}

/** Makes the connection of a socket that was accepted. */
export type Accept = (socket: Socket) => SocketEvents;

/** What is at a path. */
export interface Entry {
  /** Undefined for what is none of these. */
  readonly kind: "folder" | "file" | "socket" | undefined;
  /** Tells it from the other files of its file system. */
  readonly ino: number | null;
  /** When its content changed, in milliseconds: for a socket, when it was made. */
  readonly made: number;
  /** Its permissions, and the bits beside them. */
  readonly mode: number;
  /** Its owner. */
  readonly uid: number | null;
}

/** A socket that is bound to an address. */
export interface Bound {
  /** Where it listens, with the port that was taken for port 0. */
  readonly address: ListenAddress;
  /** The file of a Unix socket as it was bound, where it began to listen only later. */
  readonly made?: Entry | undefined;
  /** Removes the path of a Unix socket, so that nobody new finds it. */
  removePath?(): void;
  /** Learns that a Unix socket is no longer at the path that it was bound to. */
  renamed?(): void;
  /** Stops accepting; connections stay. Resolves when the address is free. */
  close(): Promise<void>;
}

/** A listening socket. */
export interface Listener extends Bound {
  /** Whether it accepts again after the file descriptors of the process ran out. */
  readonly recovers: boolean;
  /**
   * Stops accepting, or goes on; meanwhile who connects waits in the kernel's backlog. Gives whether
   * it can: where not, connections come on.
   */
  accepting(on: boolean): boolean;
  /** Lets it hold the process. */
  ref(): void;
  /** Lets the process end while it listens. */
  unref(): void;
}

/** A listening socket that this process never accepts from. */
export interface HeldSocket extends Bound {
  /** Its file descriptor, for other processes to inherit. */
  readonly fd: number;
}

/** How to listen. */
export interface ListenOptions {
  /** Shares a TCP port with other processes. */
  reusePort: boolean;
}

/** The sockets of one runtime. */
export interface Sockets {
  /** Listens; for a Unix socket at exactly the given path, with its mode where that can be. */
  listen(address: ParsedAddress, options: ListenOptions, accept: Accept): Promise<Listener>;
  /** Listens likewise, and never accepts. */
  hold(address: FreeAddress): Promise<HeldSocket>;
}
