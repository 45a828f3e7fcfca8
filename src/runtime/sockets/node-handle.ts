/**
 * A listening socket of Node that only other processes accept from. A server of `node:net` always
 * accepts, so this process binds the socket, as `node:cluster` does, and a child process calls
 * listen(2) on it.
 *
 * @module
 */

import type { FreeAddress } from "../../transport/socket.ts";
import type { NodeHandle, NodeNet } from "../types.ts";
import { BACKLOG } from "./backlog.ts";
import { network } from "./node-socket.ts";
import { bindWithMode } from "./umask.ts";

/** A bound socket that does not listen yet. */
export interface BoundHandle {
  readonly fd: number;
  /** The port that was chosen for port 0; undefined for a Unix socket. */
  readonly port: number | undefined;
  close(): void;
}

/** How long the child process may take. */
const LISTEN_MS = 30_000;
/** The program of the child process. */
const LISTEN =
  `require("node:net").createServer().listen({ fd: 3 }, ${BACKLOG}, () => process.exit())`;

/** Binds a socket to an address. */
export async function bindHandle(address: FreeAddress): Promise<BoundHandle> {
  const { _createServerHandle: bind } = network() as unknown as NodeNet;
  let handle: NodeHandle | number;
  if ("unix" in address) {
    handle = bindWithMode(address, () => bind(address.unix, -1, -1));
  } else {
    const { lookup } = globalThis.process.getBuiltinModule("node:dns/promises");
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

/** Calls listen(2) on a bound socket, in a child process. Throws where that fails or takes 30 seconds. */
export async function startListening({ fd }: BoundHandle): Promise<void> {
  const { spawn } = globalThis.process.getBuiltinModule("node:child_process");
  const child = spawn(globalThis.process.execPath, ["-e", LISTEN], {
    stdio: ["ignore", "ignore", "inherit", fd],
    timeout: LISTEN_MS,
    killSignal: "SIGKILL",
  });
  const status = await new Promise((resolve, reject) => {
    child.on("error", reject).on("exit", resolve);
  });
  if (status !== 0) throw new Error("the child process that calls listen(2) failed");
}

function systemError(status: number): Error {
  const code = globalThis.process.getBuiltinModule("node:util").getSystemErrorName(status);
  return Object.assign(new Error(code), { code });
}
