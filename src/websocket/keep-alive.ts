/**
 * When to ping a peer, and when to give it up, as functions of the time.
 *
 * @module
 */

/** nginx and lighttpd close a tunnel that is silent for 60 seconds. */
export const PING_INTERVAL = 25_000;

/** Times in milliseconds; 0 switches each off. */
export interface KeepAlive {
  /** How long after the last bytes of the peer, or the last ping, the next ping is sent. */
  readonly pingInterval: number;
  /** How long after the last bytes of the peer the connection is given up. */
  readonly idleTimeout: number;
}

/**
 * Decides what one connection needs now: a ping, its end, or nothing.
 *
 * @param heard When the peer's last bytes arrived; at first, when the connection opened.
 * @param pinged When the last ping was sent; 0 before the first.
 * @param now The time of the same clock, in milliseconds.
 */
export function keepAlive(
  { pingInterval, idleTimeout }: KeepAlive,
  heard: number,
  pinged: number,
  now: number,
): "wait" | "ping" | "timeout" {
  if (idleTimeout > 0 && now - heard >= idleTimeout) return "timeout";
  return pingInterval > 0 && now - Math.max(heard, pinged) >= pingInterval ? "ping" : "wait";
}
