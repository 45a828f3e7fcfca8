/**
 * The listening sockets that systemd opened for this process, as sd_listen_fds(3) has it.
 *
 * @module
 */

import { type FdAddress, type ParsedAddress, type ServerAddress, SYSTEMD } from "../../address.ts";
import { quoted } from "../../scgi/printable.ts";
import { cannotListen } from "../sockets/listen-error.ts";
import { mayRead, readVariable, removeVariables } from "./environment.ts";

const FIRST_FD = 3;
const VARIABLES = ["LISTEN_FDS", "LISTEN_PID", "LISTEN_PIDFDID", "LISTEN_FDNAMES"];

/**
 * Addresses with the sockets of systemd in place of `systemd`.
 *
 * @throws {ScgiError} `LISTEN_FAILED` where systemd passed none to this process.
 */
export function withSystemd(addresses: readonly ServerAddress[]): ParsedAddress[] {
  return addresses.flatMap((address) => address === SYSTEMD ? takeSockets() : [address]);
}

/** The file descriptors that systemd passed, as far as it says so; nothing is taken yet. */
export function systemdDescriptors(): number[] {
  const count = Number(readVariable("LISTEN_FDS")) || 0;
  return Array.from({ length: count }, (_, index) => FIRST_FD + index);
}

/** All sockets; the variables go, so that no child process takes the sockets for its own. */
function takeSockets(): FdAddress[] {
  const count = variable("LISTEN_FDS");
  if (!count) {
    throw cannotListen(
      SYSTEMD,
      "systemd passed no socket to this process, LISTEN_FDS is not set. " +
        "Start it by a socket unit, or give an address",
    );
  }
  if (!/^[1-9][0-9]{0,5}$/.test(count)) {
    throw cannotListen(SYSTEMD, `LISTEN_FDS is ${quoted(count)}, and no number of sockets`);
  }
  const pid = variable("LISTEN_PID");
  if (!pid) {
    throw cannotListen(
      SYSTEMD,
      "LISTEN_PID is not set, so nothing says that the sockets are for us",
    );
  }
  const { process } = globalThis;
  if (pid !== String(process.pid)) {
    throw cannotListen(
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
    throw cannotListen(SYSTEMD, `${name} may not be read. Run Deno with --allow-env=LISTEN_*`);
  }
  return readVariable(name);
}
