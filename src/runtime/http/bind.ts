/**
 * Binds an HTTP server to a TCP address, or to a Unix socket with its mode, as SCGI servers are bound.
 *
 * @module
 */

import type { Server } from "node:http";
import { formatAddress, toListenAddress } from "../../address.ts";
import type { Bound, FreeAddress } from "../../transport/socket.ts";
import { bindPath } from "../sockets/listen.ts";
import { bindWithMode } from "../sockets/umask.ts";
import { requestPermission } from "../system/permissions.ts";

/**
 * Lets a server listen.
 *
 * @throws The runtime's error for a TCP address; {@linkcode ScgiError} `LISTEN_FAILED` for a path.
 */
export function bindHttp(server: Server, address: FreeAddress): Promise<Bound> {
  if (!("unix" in address)) return listen(server, address);
  return bindPath(address, (at) => listen(server, at));
}

async function listen(server: Server, address: FreeAddress): Promise<Bound> {
  requirePermission(address);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    const listening = (): void => {
      server.off("error", reject);
      resolve();
    };
    bindWithMode(address, () => {
      if ("unix" in address) server.listen(address.unix, listening);
      else server.listen(address.port, address.hostname, listening);
    });
  });
  const bound = server.address();
  return {
    address: toListenAddress(address, typeof bound === "object" ? bound?.port : undefined),
    // deno-lint-ignore require-await
    async close() {
      server.close();
    },
  };
}

/** Without the permission `listen` throws an uncatchable error on Deno. */
function requirePermission(address: FreeAddress): void {
  if ("unix" in address) {
    const path = address.unix;
    const permitted = ["read", "write"] as const;
    if (permitted.every((name) => requestPermission({ name, path }))) return;
    throw new Error(`permission is denied. Run deno with --allow-read and --allow-write`);
  }
  const host = formatAddress(address);
  if (requestPermission({ name: "net", host })) return;
  throw new Error(`permission is denied. Run deno with --allow-net=${host}`);
}
