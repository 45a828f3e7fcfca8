/**
 * The server whose path a new server takes over: an open connection shows whether it stops. A server
 * of this package closes one that stays silent soon after it began to stop.
 *
 * @module
 */

import { clearTimeout, setTimeout } from "node:timers";
import { network } from "./node-socket.ts";

/** The time in which a server has to notice that its path was taken, and to begin its stop. */
const LATE_MS = 5000;

/** A server at the path of a Unix socket. */
export interface Predecessor {
  /** Resolves to true when the server stops or is gone, and to false after five seconds. */
  stops(): Promise<boolean>;
}

/** Connects to the server at a path, so that its end can be awaited after the path was taken. */
export async function predecessorAt(path: string): Promise<Predecessor> {
  const socket = network().connect(path).unref();
  const closed = new Promise<boolean>((resolve) => socket.once("close", () => resolve(true)));
  socket.on("error", () => {}).resume();
  await Promise.race([closed, new Promise<void>((resolve) => socket.once("connect", resolve))]);
  return {
    async stops() {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<boolean>((resolve) => {
        timer = setTimeout(() => resolve(false), LATE_MS).unref();
      });
      const stops = await Promise.race([closed, late]);
      clearTimeout(timer);
      socket.destroy();
      return stops;
    },
  };
}
