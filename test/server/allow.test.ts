/** The peers that may connect. */

import { describe, expect, test } from "bun:test";
import { peerFilter } from "../../src/server/allow.ts";
import type { ScgiError } from "../../src/errors.ts";
import type { ServeOptions } from "../../src/server/options.ts";
import { serve } from "../../src/server/serve.ts";

describe("allow", () => {
  const cases: [allow: string, peer: string, may: boolean][] = [
    ["10.0.0.1", "10.0.0.1", true],
    ["10.0.0.1", "10.0.0.2", false],
    ["10.0.0.0/8", "10.9.9.9", true],
    ["10.0.0.0/8", "11.0.0.1", false],
    ["10.0.0.1", "::ffff:10.0.0.1", true],
    ["::1", "::1", true],
    ["10.0.0.1", "::ffff:a00:1", true],
    ["10.0.0.1", "::FFFF:A00:1", true],
    ["10.0.0.1", "0:0:0:0:0:ffff:10.0.0.1", true],
    ["10.0.0.1", "::ffff:a00:2", false],
    ["10.0.0.1", "::ffff:10.0.0.1%eth0", true],
    ["10.0.0.1", "::10.0.0.1", false],
    ["10.0.0.1", "1::ffff:10.0.0.1", false],
    ["::ffff:10.0.0.1", "10.0.0.1", true],
    ["::ffff:10.0.0.1", "::ffff:a00:1", true],
    ["::ffff:a00:1", "10.0.0.1", true],
    ["::ffff:a00:1", "10.0.0.2", false],
    ["::ffff:10.0.0.0/104", "10.9.9.9", true],
    ["::ffff:10.0.0.0/104", "11.0.0.1", false],
    ["::ffff:10.0.0.0/104", "::ffff:10.9.9.9", true],
    ["::ffff:10.0.0.7/128", "10.0.0.7", true],
    ["::ffff:10.0.0.7/127", "10.0.0.6", true],
    ["::ffff:10.0.0.7/127", "10.0.0.5", false],
    ["::ffff:0:0/96", "192.0.2.1", true],
    ["::ffff:0:0/96", "::ffff:c000:201", true],
    ["::ffff:0:0/96", "::1", false],
    ["::ffff:0:0/96", "2001:db8::1", false],
    ["0.0.0.0/0", "::ffff:192.0.2.1", true],
    // Blocks that are wider than what IPv4 is mapped to are of IPv6 alone.
    ["::ffff:0:0/95", "10.0.0.1", false],
    ["::/80", "10.0.0.1", false],
    ["::/80", "::ffff:10.0.0.1", false],
    ["::/80", "::1", true],
    ["::/0", "::ffff:127.0.0.1", false],
    ["::/0", "127.0.0.1", false],
    ["::/0", "2001:db8::1", true],
    ["0.0.0.0/0", "::1", false],
    ["fe80::/10", "fe80::1%eth0", true],
    ["fe80::/10", "fec0::1%eth0", false],
    ["0.0.0.0/0", "", false],
    ["::/0", "host", false],
  ];
  for (const [allow, peer, may] of cases) {
    test(`of ${allow}, asked for ${peer || "nothing"}, says ${may}`, async () => {
      expect((await peerFilter([allow]))(peer)).toBe(may);
    });
  }

  const others = [
    "10.0.0.1/",
    "10.0.0.0/8/3",
    "10.0.0.0/1e1",
    "10.0.0.0/33",
    "::1/129",
    "::ffff:10.0.0.0/129",
    "::ffff:10.0.0",
    "1.2.3",
    "abc",
    "::1::",
    "host",
    "",
  ];
  for (const entry of others) {
    test(`has no entry ${JSON.stringify(entry)}`, async () => {
      const error = await peerFilter([entry]).catch((error) => error);
      expect((error as ScgiError).code).toBe("OPTION_INVALID");
    });
  }
});

describe("a server", () => {
  /** The codes of what it tells of its start. */
  async function told(options: ServeOptions): Promise<unknown[]> {
    const codes: unknown[] = [];
    const onError = (error: unknown) => void codes.push((error as ScgiError).code);
    await using server = serve(() => new Response(), { port: 0, onError, ...options });
    await server.ready;
    return codes;
  }

  test("that other machines can reach says so, unless allow says which may", async () => {
    expect(await told({ hostname: "0.0.0.0" })).toEqual(["LISTENS_WIDELY"]);
    expect(await told({ hostname: "0.0.0.0", allow: ["192.0.2.1"] })).toEqual([]);
  });

  for (const hostname of ["127.0.0.1", "127.0.0.2", "localhost", "::1"]) {
    test(`that only this machine can reach says nothing: ${hostname}`, async () => {
      expect(await told({ hostname })).toEqual([]);
    });
  }
});
