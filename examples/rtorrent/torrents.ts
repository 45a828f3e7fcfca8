/** The state of rtorrent: its rates and its torrents. */

import type { Address } from "scgi/client";
import { call, type Value } from "./xml-rpc.ts";

export interface Torrent {
  name: string;
  state: "finished" | "running" | "stopped";
  /** In bytes. */
  size: number;
  /** In bytes. */
  done: number;
}

/** State of an rtorrent. */
export interface State {
  version: string;
  /** Bytes a second. */
  down: number;
  /** Bytes a second. */
  up: number;
  torrents: Torrent[];
}

/** Asks rtorrent for its state, over a connection for each call. */
export async function stateOf(rtorrent: Address): Promise<State> {
  const fields = ["d.name=", "d.complete=", "d.is_active=", "d.size_bytes=", "d.bytes_done="];
  const [version, down, up, rows] = await Promise.all([
    call(rtorrent, "system.client_version"),
    call(rtorrent, "throttle.global_down.rate"),
    call(rtorrent, "throttle.global_up.rate"),
    call(rtorrent, "d.multicall2", "", "main", ...fields),
  ]);
  return {
    version: String(version),
    down: Number(down),
    up: Number(up),
    torrents: (rows as Value[][]).map(([name, complete, active, size, done]) => ({
      name: String(name),
      state: complete === 1 ? "finished" : active === 1 ? "running" : "stopped",
      size: Number(size),
      done: Number(done),
    })),
  };
}
