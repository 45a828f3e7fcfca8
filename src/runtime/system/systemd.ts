/**
 * The listening sockets that systemd opened for this process, see sd_listen_fds(3).
 *
 * @module
 */

import { type FdAddress, type ParsedAddress, type ServerAddress, SYSTEMD } from "../../address.ts";
import { quoted } from "../../scgi/printable.ts";
import { listenError } from "../sockets/listen-error.ts";
import { mayRead, readVariable, removeVariables } from "./environment.ts";

const FIRST_FD = 3;
const VARIABLES = ["LISTEN_FDS", "LISTEN_PID", "LISTEN_PIDFDID", "LISTEN_FDNAMES"];

/**
 * Replaces the address `systemd` by the addresses of the sockets that systemd passed.
 *
 * @throws {ScgiError} `LISTEN_FAILED` where systemd passed no socket to this process.
 */
export function withSystemd(addresses: readonly ServerAddress[]): ParsedAddress[] {
  return addresses.flatMap((address) => address === SYSTEMD ? takeSockets() : [address]);
}

/** The file descriptors that `LISTEN_FDS` announces; they may be for another process. */
export function systemdDescriptors(): number[] {
  const count = Number(readVariable("LISTEN_FDS")) || 0;
  return Array.from({ length: count }, (_, index) => FIRST_FD + index);
}

/** Takes all sockets, and removes the variables, so that child processes do not use the sockets. */
function takeSockets(): FdAddress[] {
  const count = variable("LISTEN_FDS");
  if (!count) {
    throw listenError(
      SYSTEMD,
      "systemd passed no socket to this process: LISTEN_FDS is not set. " +
        "Start it by a socket unit, or give an address",
    );
  }
  if (!/^[1-9][0-9]{0,5}$/.test(count)) {
    throw listenError(SYSTEMD, `LISTEN_FDS is ${quoted(count)}, and must be a number of sockets`);
  }
  const pid = variable("LISTEN_PID");
  if (!pid) {
    throw listenError(
      SYSTEMD,
      "LISTEN_PID is not set, so the sockets may be for another process",
    );
  }
  const { process } = globalThis;
  if (pid !== String(process.pid)) {
    throw listenError(
      SYSTEMD,
      `LISTEN_PID is ${quoted(pid)}, and this is process ${process.pid}. ` +
        "Let systemd start it without a program in between, or with exec",
    );
  }
  const fds = systemdDescriptors();
  removeVariables(VARIABLES);
  return fds.map((fd) => ({ fd }));
}

function variable(name: string): string | undefined {
  if (!mayRead(name)) {
    throw listenError(SYSTEMD, `${name} may not be read. Run Deno with --allow-env=LISTEN_*`);
  }
  return readVariable(name);
}
