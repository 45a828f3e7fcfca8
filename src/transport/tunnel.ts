/**
 * A tunnel: a connection that a response of status 101 has switched to another protocol, and the
 * interface of that protocol.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-7.8
 * @module
 */

/** A connection after its switch. */
export interface Tunnel {
  /** Number of bytes that were written and that the kernel has not accepted yet. */
  readonly unsent: number;
  /**
   * Sends bytes. Bytes that the kernel does not accept yet are kept, not copied.
   *
   * @returns whether the kernel accepted all bytes. If not, {@linkcode TunnelProtocol.drain} follows.
   */
  write(bytes: Uint8Array): boolean;
  /** Requests the peer's bytes (`flow`, as at the start), or lets the peer wait (`pause`). */
  read(mode: "flow" | "pause"): void;
  /** Closes the connection after all written bytes. */
  end(): void;
  /** Closes the connection at once. */
  abort(): void;
}

/** The protocol that is spoken in a tunnel. */
export interface TunnelProtocol {
  /** The switch: the 101 was sent, and the bytes that have come since the request follow. */
  open(tunnel: Tunnel): void;
  /** Bytes arrived. Returns whether they are kept; if not, their memory is used again. */
  data(bytes: Uint8Array): boolean;
  /** The kernel has accepted all written bytes. */
  drain(): void;
  /** The peer ended its side. Web servers then pass nothing on to it either. */
  end(): void;
  /** The server stops, and closes the connection if the protocol has not ended it in time. */
  stop(): void;
  /** Called a few times a second with the present time, in milliseconds. */
  tick(now: number): void;
  /** The connection is closed; or another response was sent, and there never was a tunnel. */
  close(): void;
}

/** A switch of protocols that a response of status 101 makes. */
export interface Upgrade {
  /** The name of the protocol, for the field `Upgrade`. */
  readonly name: string;
  readonly protocol: TunnelProtocol;
}
