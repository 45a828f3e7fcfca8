/**
 * A socket of Node that listens and that this process never accepts from. `node:net` accepts from
 * whatever it listens on, so this one is bound here, as `node:cluster` binds those of its workers,
 * and told to listen by another process.
 *
 * @module
 */

import { spawn } from "node:child_process";
import { lookup } from "node:dns/promises";
import net from "node:net";
import process from "node:process";
import { getSystemErrorName } from "node:util";
import type { FreeAddress } from "../../transport/socket.ts";
import type { NodeHandle, NodeNet } from "../types.ts";
import { bindWithMode } from "./umask.ts";

/** A socket that is bound. */
export interface BoundHandle {
  readonly fd: number;
  /** The port that was taken for port 0. */
  readonly port: number | undefined;
  close(): void;
}

/** How long a process may take that lets a socket listen. */
const LISTEN_MS = 30_000;
/** Tells the socket that it inherits to listen, and ends. */
const LISTEN = 'require("node:net").createServer().listen({ fd: 3 }, () => process.exit())';

/** Binds a socket. */
export async function bindHandle(address: FreeAddress): Promise<BoundHandle> {
  const { _createServerHandle: bind } = net as unknown as NodeNet;
  let handle: NodeHandle | number;
  if ("unix" in address) {
    handle = bindWithMode(address, () => bind(address.unix, -1, -1));
  } else {
    const { address: ip, family } = await lookup(address.hostname);
    handle = bind(ip, address.port, family);
  }
  if (typeof handle === "number") throw systemError(handle);
  const name: { port?: number } = {};
  const status = handle.getsockname?.(name) ?? 0;
  if (status === 0) return { fd: handle.fd, port: name.port, close: () => handle.close() };
  handle.close();
  throw systemError(status);
}

/** Lets a bound socket listen. */
export async function letListen({ fd }: BoundHandle): Promise<void> {
  const child = spawn(process.execPath, ["-e", LISTEN], {
    stdio: ["ignore", "ignore", "inherit", fd],
    timeout: LISTEN_MS,
    killSignal: "SIGKILL",
  });
  const status = await new Promise((resolve, reject) => {
    child.on("error", reject).on("exit", resolve);
  });
  if (status !== 0) throw new Error("the process that lets it listen failed");
}

function systemError(status: number): Error {
  const code = getSystemErrorName(status);
  return Object.assign(new Error(code), { code });
}
