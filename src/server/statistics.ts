/**
 * The counters and figures of one server.
 *
 * @module
 */

import type { ScgiErrorCode } from "../errors.ts";
import { type MemoryUse, memoryUse } from "../runtime/system/memory.ts";
import type { Traffic } from "./internals.ts";
import { type LoopLag, LoopLagMeter } from "./loop-lag.ts";
import { type DurationStats, RequestCounts, type StatusClass } from "./request-counts.ts";

/** The state of a server, from its start to its end. */
export type ServerState = "starting" | "serving" | "draining" | "stopped";

/** Counters and figures of a server. */
export interface ServerStats {
  /** `serving` once every address listens, `draining` from the call of `shutdown()` on. */
  state: ServerState;
  /** When the server was made, in milliseconds since 1970. */
  since: number;
  /** Connections that were accepted. */
  accepted: number;
  /** Connections that are open. */
  active: number;
  /** Open connections that were upgraded, such as WebSockets. */
  upgraded: number;
  /** Requests and connections that were refused or abandoned, by the code of the reason. */
  rejected: Partial<Record<ScgiErrorCode, number>>;
  /** Bytes that were received. */
  bytesIn: number;
  /** Bytes that were sent, or wait to be. */
  bytesOut: number;
  /**
   * Requests that are over, by the class of their status. Those of 1xx were upgraded, such as
   * WebSockets, and are over with the head of that response.
   */
  requests: Record<StatusClass, number>;
  /** The same requests by their duration. */
  durations: DurationStats;
  /** The lateness of the event loop, in milliseconds. Measured from the first call of `stats()` on. */
  loopLag: LoopLag;
  /** The memory of the process, in bytes. */
  memory: MemoryUse;
}

/** The counters of a server, and what is measured where they are asked for. */
export class Statistics {
  readonly traffic: Traffic = { in: 0, out: 0 };
  readonly tunnels: { open: number } = { open: 0 };
  readonly requests: RequestCounts = new RequestCounts();
  /** Connections that were accepted. */
  accepted = 0;
  readonly #since: number = Date.now();
  readonly #rejected: Map<ScgiErrorCode, number> = new Map();
  #lag: LoopLagMeter | undefined;

  /** Counts a refused or abandoned request or connection. */
  reject(code: ScgiErrorCode): void {
    this.#rejected.set(code, (this.#rejected.get(code) ?? 0) + 1);
  }

  /** The present figures, for a server in this state and with so many open connections. */
  take(state: ServerState, active: number): ServerStats {
    const { traffic, tunnels, accepted } = this;
    const { requests, durations } = this.requests;
    if (state !== "stopped") this.#lag ??= new LoopLagMeter();
    return {
      state,
      since: this.#since,
      accepted,
      active,
      upgraded: tunnels.open,
      rejected: Object.fromEntries(this.#rejected),
      bytesIn: traffic.in,
      bytesOut: traffic.out,
      requests,
      durations,
      loopLag: this.#lag?.lag ?? { last: 0, longest: 0 },
      memory: memoryUse(),
    };
  }

  /** Measures no more. */
  stop(): void {
    this.#lag?.stop();
  }
}
