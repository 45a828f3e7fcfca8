/**
 * Listens on any address, with this runtime's sockets, and says what to do where that fails.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { formatAddress, type ParsedAddress } from "../address.ts";
import { ScgiError } from "../errors.ts";
import type { Accept, Listener, ListenOptions, Sockets } from "./socket.ts";

/** The longest path of a socket that the system takes, in bytes; longer ones some cut in silence. */
const PATH_BYTES = 107;

/** What to do about an error of the system, by its code. */
const ADVICE: Readonly<Record<string, string>> = {
  EADDRINUSE: "another program listens there. Stop it, or choose another address",
  EADDRNOTAVAIL: "this machine has no such address",
  EACCES: "permission is denied. Choose a port from 1024 on, or a folder that you may write to",
  EPERM: "permission is denied",
  ENOENT: "its folder does not exist. Make it first",
  ENOTFOUND: "there is no host of that name",
};

/**
 * Listens on an address.
 *
 * @throws {ScgiError} `LISTEN_FAILED`, with the address and what to do.
 */
export async function listen(
  address: ParsedAddress,
  options: ListenOptions,
  accept: Accept,
): Promise<Listener> {
  try {
    const sockets = await runtimeSockets();
    if ("fd" in address) {
      const { bindInherited } = await import("./inherited.ts");
      return await bindInherited(address, () => sockets.listen(address, options, accept));
    }
    if (!("unix" in address)) return await sockets.listen(address, options, accept);
    if (Buffer.byteLength(`${address.unix}.tmp`) > PATH_BYTES) {
      throw failed(address, `its path is over ${PATH_BYTES - 4} bytes. Choose a shorter one`);
    }
    const { bindUnix } = await import("./unix.ts");
    return await bindUnix(
      address,
      (path) => sockets.listen({ ...address, unix: path }, options, accept),
    );
  } catch (error) {
    if (error instanceof ScgiError) throw error;
    const { code, name, message } = error as Error & { code?: string };
    throw failed(address, ADVICE[code ?? ""] ?? NAMED[name] ?? message, error);
  }
}

/** Deno's errors without a code. */
const NAMED: Readonly<Record<string, string>> = {
  NotCapable: "Deno was not given permission. The README says which flags it needs",
  NotFound: ADVICE.ENOENT!,
  AddrInUse: ADVICE.EADDRINUSE!,
};

/** Loads the sockets of this runtime; only theirs are loaded. */
async function runtimeSockets(): Promise<Sockets> {
  if ("Bun" in globalThis) return (await import("./bun.ts")).bunSockets;
  if ("Deno" in globalThis) return (await import("./deno.ts")).denoSockets;
  return (await import("./node.ts")).nodeSockets;
}

function failed(address: ParsedAddress, why: string, cause?: unknown): ScgiError {
  return new ScgiError("LISTEN_FAILED", `Cannot listen on ${formatAddress(address)}: ${why}`, {
    cause,
  });
}
