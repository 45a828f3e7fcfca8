/**
 * The peers that may connect over TCP.
 *
 * @module
 */

import { ScgiError } from "./errors.ts";

/** Whether a peer may connect; undefined is one of a Unix socket. */
export type PeerFilter = (address: string | undefined) => boolean;

/**
 * Makes the filter of a list of addresses and CIDR blocks, IPv4 and IPv6.
 *
 * @throws {ScgiError} `OPTION_INVALID` for an entry that is neither.
 */
export async function peerFilter(allow: readonly string[]): Promise<PeerFilter> {
  const { BlockList, isIP } = await import("node:net");
  const family = (address: string) => isIP(address) === 6 ? "ipv6" : "ipv4";
  const list = new BlockList();
  for (const entry of allow) {
    const [address = "", bits] = entry.split("/");
    try {
      if (bits === undefined) list.addAddress(address, family(address));
      else list.addSubnet(address, Number(bits), family(address));
    } catch (cause) {
      throw new ScgiError(
        "OPTION_INVALID",
        `allow names ${JSON.stringify(entry)}, which is neither an address nor a CIDR block`,
        { cause },
      );
    }
  }
  return (address) => {
    if (address === undefined) return true;
    const plain = address.replace(/^::ffff:(?=[0-9.]+$)/, "");
    return list.check(plain, family(plain));
  };
}
