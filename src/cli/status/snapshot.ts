/**
 * The figures of one command at one moment: those of its servers, and with `--workers` those of each
 * worker. It is what `/stats.json` answers, and what the page, the metrics and `scgi status` show.
 *
 * @module
 */

import type { ServerState, ServerStats } from "../../server/statistics.ts";

/** Figures that can be added up. */
export type Figures = Omit<ServerStats, "state" | "since">;

/**
 * The state of a worker: `unresponsive` where it serves and has sent no figures for some seconds, `down`
 * where it has ended and its successor is not started yet.
 */
export type WorkerState = "starting" | "serving" | "draining" | "unresponsive" | "down";

/** The figures of one worker: the last that it has sent. */
export interface WorkerSnapshot {
  /** Its number, from 1 on; its successor has the same. */
  worker: number;
  /** Undefined where it could not be started. */
  pid: number | undefined;
  state: WorkerState;
  /** The number of times that another process took its place. */
  restarts: number;
  /** Undefined until it serves. */
  stats: ServerStats | undefined;
}

/** The figures of all workers. */
export interface WorkersSnapshot {
  /** The reloads that were begun. */
  reloads: number;
  /** The workers by number. A worker that drains after a reload is counted in `draining` alone. */
  list: WorkerSnapshot[];
  /** The number of old workers that drain. */
  draining: number;
}

/** The figures of one command. */
export interface StatusSnapshot {
  /** The version of this package. */
  version: string;
  runtime: string;
  pid: number;
  /** When the command was started, in milliseconds since 1970. */
  since: number;
  /** When the figures were taken, likewise. */
  time: number;
  state: Exclude<ServerState, "stopped">;
  /** All servers and workers together, those that have ended included. */
  total: Figures;
  /** Undefined without `--workers`. */
  workers?: WorkersSnapshot | undefined;
}
