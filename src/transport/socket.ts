/**
 * The interface of sockets and listeners, which `src/runtime/sockets` implements for each runtime.
 *
 * @module
 */

import type { FdAddress, ListenAddress, ParsedAddress } from "../address.ts";

/** An address to bind a new socket to. */
export type FreeAddress = Exclude<ParsedAddress, FdAddress>;

/**
 * How a socket reads.
 *
 * - `flow`: reports all bytes as they arrive.
 * - `pause`: reads nothing, so that the kernel's buffer fills and the peer has to wait.
 * - `idle`: expects no bytes. Reports bytes and a disconnect where watching for them is free.
 */
export type ReadMode = "flow" | "pause" | "idle";

/** An open connection to a peer. */
export interface Socket {
  /** Whether a disconnect is reported in mode `idle`. In mode `flow` it always is. */
  readonly watches: boolean;
  /** Whether {@linkcode abort} can send a reset (RST) to the peer. */
  readonly resets: boolean;
  /** Whether a peer that ended only its own side is told apart from a peer that disconnected. */
  readonly tellsHalfClose: boolean;
  /** Whether the socket is a Unix socket, whose peer has no address. */
  readonly unix: boolean;
  /** IP address of the peer; undefined on Unix sockets, and when the peer has disconnected. */
  readonly remoteAddress: string | undefined;
  /** Number of bytes that were written and that the kernel has not accepted yet. */
  readonly unsent: number;
  /** Sets how the socket reads. A new socket reads in mode `flow`. */
  read(mode: ReadMode): void;
  /** Takes the memory of bytes that it reported, or of a copy of them, which nothing uses any longer. */
  release?(bytes: Uint8Array): void;
  /**
   * Sends bytes. Bytes that the kernel does not accept yet are kept, not copied.
   *
   * @param owned Whether nothing else uses the bytes, so that their memory may be freed when they have
   * left.
   * @returns whether the kernel accepted all bytes. If not, {@linkcode SocketEvents.drain} follows.
   */
  write(bytes: Uint8Array, owned?: boolean): boolean;
  /** As `write()` for a text of ASCII alone, where the runtime sends it without a copy. */
  writeAscii?(text: string): boolean;
  /** Ends the sending side after all written bytes; the peer can still send. */
  shutdown(): void;
  /** Closes the socket after all written bytes. */
  end(): void;
  /** Closes the socket at once, with a reset where {@linkcode resets} is true. */
  abort(): void;
}

/** The events of a socket. After {@linkcode close} no event follows. */
export interface SocketEvents {
  /** A socket that this process opened is connected. */
  connect?(): void;
  /** Bytes arrived. Returns whether they are kept; if not, the socket uses their memory again. */
  data(bytes: Uint8Array): boolean;
  /** Whether bytes are not kept any more, and need no memory of their own. */
  readonly keepsNothing?: boolean;
  /** Whether the next bytes are used up when {@linkcode data} returns, whatever it returns. */
  readonly usesUp?: boolean;
  /**
   * Whether no app gets to see bytes that are kept, and {@linkcode Socket.release} gets them back: they
   * may then be in memory that has had other bytes.
   */
  readonly returnsMemory?: boolean;
  /** The peer ended its sending side. */
  end(): void;
  /** The kernel has accepted all written bytes. */
  drain(): void;
  /** The socket is closed: without an error after {@linkcode Socket.end}, else maybe with one. */
  close(error?: unknown): void;
}

/** Called with each accepted socket; returns the handlers of its events. */
export type Accept = (socket: Socket) => SocketEvents;

/** An entry of the file system. */
export interface Entry {
  /** Undefined for an entry of any other kind. */
  readonly kind: "folder" | "file" | "socket" | undefined;
  /** Identifies the entry within its file system. */
  readonly ino: number | null;
  /** Time of the last modification, in milliseconds: for a socket, of its creation. */
  readonly made: number;
  /** The permissions, with the set-user-ID, set-group-ID and sticky bits. */
  readonly mode: number;
  /** User ID of the owner. */
  readonly uid: number | null;
}

/** A socket that is bound to an address. */
export interface Bound {
  /** The address, with the port that was chosen for port 0. */
  readonly address: ListenAddress;
  /** The file of a Unix socket when it was bound, where that was before it began to listen. */
  readonly made?: Entry | undefined;
  /** Removes the path of a Unix socket, so that new clients do not find it. */
  removePath?(): void;
  /**
   * Renames a Unix socket that was bound beside a living one to the path of that one. Resolves to
   * whether the server that had the path stops, or is gone; the answer takes seconds where it stays.
   */
  takePath?(): Promise<{ readonly stops: Promise<boolean> }>;
  /** Whether the path of a Unix socket leads to another socket by now. */
  isReplaced?(): boolean;
  /** Called when a Unix socket is no longer at the path that it was bound to. */
  renamed?(): void;
  /** Stops accepting; accepted connections stay open. Resolves when the address is free. */
  close(): Promise<void>;
}

/** A listening socket that this process accepts connections from. */
export interface Listener extends Bound {
  /** Whether it accepts again after the process ran out of file descriptors. */
  readonly recovers: boolean;
  /**
   * Stops or resumes accepting. While it is stopped, new connections wait in the kernel's backlog.
   *
   * @returns false where the runtime cannot do that, and connections are still accepted.
   */
  accepting(on: boolean): boolean;
  /** Keeps the process alive, as a new listener does. */
  ref(): void;
  /** Lets the process end while the socket is listening. */
  unref(): void;
}

/** A listening socket that other processes accept connections from. */
export interface SharedSocket extends Bound {
  /** File descriptor that the other processes inherit. */
  readonly fd: number;
}

/** Options of {@linkcode Sockets.listen}. */
export interface ListenOptions {
  /** Shares a TCP port with other processes. */
  reusePort: boolean;
}

/** The sockets of a runtime. */
export interface Sockets {
  /** Listens; for a Unix socket at exactly the given path, with its mode where that is possible. */
  listen(address: ParsedAddress, options: ListenOptions, accept: Accept): Promise<Listener>;
  /** Listens for other processes, and accepts no connection itself. */
  bindOnly(address: FreeAddress): Promise<SharedSocket>;
}
