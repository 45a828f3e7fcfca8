/**
 * The option `allow`: the peers that may connect over TCP.
 *
 * @module
 */

import type { ListenAddress } from "../address.ts";
import { ScgiError } from "../errors.ts";
import { quoted } from "../scgi/printable.ts";

/** Whether a peer of this address may connect. */
export type PeerFilter = (address: string) => boolean;

/** The prefix length of the block that IPv4 is mapped to. */
const MAPPED_BITS = 96;

/** Whether other machines than this one may reach an address. */
export function isWide(address: ListenAddress): boolean {
  if (address.transport !== "tcp") return false;
  return !/^(?:localhost|127\.[0-9.]+|::1|::ffff:127\.[0-9.]+)$/i.test(address.hostname);
}

/**
 * The filter of a list of addresses and CIDR blocks, IPv4 and IPv6. An IPv4-mapped block
 * (`::ffff:0:0/96` and what lies within it) is the IPv4 block that it maps; a wider one is a block
 * of IPv6 alone.
 *
 * @throws {ScgiError} `OPTION_INVALID` for any other entry.
 */
export async function peerFilter(allow: readonly string[]): Promise<PeerFilter> {
  const { BlockList, isIP } = await import("node:net");
  // A list for each family: Bun and Deno differ on what a block says of the other one.
  const lists = { ipv4: new BlockList(), ipv6: new BlockList() };
  const family = (address: string) => isIP(address) === 6 ? "ipv6" : "ipv4";
  for (const entry of allow) {
    const [, address, bits] = /^([0-9A-Fa-f:.]+)(?:\/([0-9]{1,3}))?$/.exec(entry) ?? [];
    try {
      if (address === undefined || isIP(address) === 0) throw new TypeError("no address");
      const most = family(address) === "ipv6" ? 128 : 32;
      const length = Number(bits ?? most);
      if (length > most) throw new RangeError("too many bits");
      const mapped = most === 128 && length >= MAPPED_BITS ? mappedAddress(address) : undefined;
      if (mapped === undefined) lists[family(address)].addSubnet(address, length, family(address));
      else lists.ipv4.addSubnet(mapped, length - MAPPED_BITS, "ipv4");
    } catch (cause) {
      throw new ScgiError(
        "OPTION_INVALID",
        `allow must hold addresses and CIDR blocks, and holds ${quoted(entry)}`,
        { cause },
      );
    }
  }
  return (address) => {
    const plain = address.replace(/%.*$/, "");
    if (isIP(plain) === 0) return false;
    const peer = mappedAddress(plain) ?? plain;
    return lists[family(peer)].check(peer, family(peer));
  };
}

/** The IPv4 address that an address of `::ffff:0:0/96` maps, in any of its spellings. */
function mappedAddress(address: string): string | undefined {
  if (!address.includes(":")) return undefined;
  const groups = /^\[::ffff:([0-9a-f]+):([0-9a-f]+)\]$/.exec(
    new URL(`http://[${address}]`).hostname,
  );
  if (groups === null) return undefined;
  return groups.slice(1).flatMap((group) => {
    const value = parseInt(group, 16);
    return [value >> 8, value & 0xff];
  }).join(".");
}
