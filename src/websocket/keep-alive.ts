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

/** What to do now, and when to ask again. */
export interface Step {
  /** `ping`: send a ping; `timeout`: give the connection up. */
  readonly action: "wait" | "ping" | "timeout";
  /** Milliseconds until the next step, counted from `now`; Infinity where no step follows. */
  readonly wait: number;
}

/**
 * Decides on one connection.
 *
 * @param heard When the peer's last bytes arrived; at first, when the connection opened.
 * @param pinged When the last ping was sent; at first, `heard`.
 * @param now The time of the same clock, in milliseconds.
 */
export function keepAlive(
  { pingInterval, idleTimeout }: KeepAlive,
  heard: number,
  pinged: number,
  now: number,
): Step {
  const giveUp = idleTimeout > 0 ? heard + idleTimeout : Infinity;
  if (now >= giveUp) return { action: "timeout", wait: Infinity };
  const interval = pingInterval > 0 ? pingInterval : Infinity;
  const ping = Math.max(heard, pinged) + interval;
  if (now >= ping) return { action: "ping", wait: Math.min(interval, giveUp - now) };
  return { action: "wait", wait: Math.min(ping, giveUp) - now };
}
