/**
 * The tunnel of a connection, whose bytes are counted as those of a response's body.
 *
 * @module
 */

import type { Socket } from "../transport/socket.ts";
import type { Tunnel, TunnelProtocol } from "../transport/tunnel.ts";
import type { ServerInternals } from "./internals.ts";

/** The time for which the peer's end is waited for, in milliseconds. */
const PEER_END_MS = 2000;

/** A connection after its switch. */
export class ConnectionTunnel implements Tunnel {
  /** The protocol that is spoken. */
  readonly protocol: TunnelProtocol;
  /** Bytes that were written. */
  sent = 0;
  readonly #socket: Socket;
  readonly #server: Pick<ServerInternals, "now" | "traffic">;
  /** When our side was ended, in milliseconds; 0 until then. */
  #endedAt = 0;

  constructor(
    protocol: TunnelProtocol,
    socket: Socket,
    server: Pick<ServerInternals, "now" | "traffic">,
  ) {
    this.protocol = protocol;
    this.#socket = socket;
    this.#server = server;
  }

  get unsent(): number {
    return this.#socket.unsent;
  }

  write(bytes: Uint8Array): boolean {
    this.sent += bytes.length;
    this.#server.traffic.out += bytes.length;
    return this.#socket.write(bytes);
  }

  read(mode: "flow" | "pause"): void {
    if (this.#endedAt === 0) this.#socket.read(mode);
  }

  /**
   * Ends our side, and reads on until the peer has ended its own: a close with bytes unread would be a
   * reset, and the peer would lose what was written last.
   */
  end(): void {
    if (this.#endedAt > 0) return;
    this.#endedAt = this.#server.now();
    this.#socket.read("flow");
    this.#socket.shutdown();
  }

  /** Lets the protocol end the tunnel, and ends our side: the server waits no longer. */
  expire(): void {
    this.protocol.stop();
    this.end();
  }

  /** Passes the time on, and closes where the peer has not ended its side in time. */
  tick(now: number): void {
    this.protocol.tick(now);
    if (this.#endedAt === 0) return;
    if (this.#socket.unsent > 0) this.#endedAt = now;
    else if (now - this.#endedAt >= PEER_END_MS) this.#socket.end();
  }

  abort(): void {
    this.#socket.abort();
  }
}
