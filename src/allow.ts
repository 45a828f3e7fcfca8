/**
 * The peers that may connect over TCP.
 *
 * @module
 */

import type { ListenAddress } from "./address.ts";
import { ScgiError } from "./errors.ts";

/** Whether a peer of this address may connect. */
export type PeerFilter = (address: string) => boolean;

/** Whether other machines than this one may reach an address. */
export function isWide(address: ListenAddress): boolean {
  if (address.transport !== "tcp") return false;
  return !/^(?:localhost|127\.[0-9.]+|::1|::ffff:127\.[0-9.]+)$/i.test(address.hostname);
}

/**
 * Makes the filter of a list of addresses and CIDR blocks, IPv4 and IPv6.
 *
 * @throws {ScgiError} `OPTION_INVALID` for an entry that is neither.
 */
export async function peerFilter(allow: readonly string[]): Promise<PeerFilter> {
  const { BlockList, isIP } = await import("node:net");
  // A list for each family: Bun and Deno differ on what a block says of the other one.
  const lists = { ipv4: new BlockList(), ipv6: new BlockList() };
  const family = (address: string) => isIP(address) === 6 ? "ipv6" : "ipv4";
  for (const entry of allow) {
    const [, address, bits] = /^([0-9A-Fa-f:.]+)(?:\/([0-9]{1,3}))?$/.exec(entry) ?? [];
    try {
      if (address === undefined) throw new TypeError("no address");
      const list = lists[family(address)];
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
    const plain = address.replace(/^::ffff:(?=[0-9.]+$)/i, "").replace(/%.*$/, "");
    return lists[family(plain)].check(plain, family(plain));
  };
}
