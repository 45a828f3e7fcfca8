/** The peers that may connect. */

import { describe, expect, test } from "bun:test";
import { peerFilter } from "../src/allow.ts";
import type { ScgiError } from "../src/errors.ts";
import type { ServeOptions } from "../src/options.ts";
import { serve } from "../src/serve.ts";

describe("allow", () => {
  const cases: [allow: string, peer: string, may: boolean][] = [
    ["10.0.0.1", "10.0.0.1", true],
    ["10.0.0.1", "10.0.0.2", false],
    ["10.0.0.0/8", "10.9.9.9", true],
    ["10.0.0.0/8", "11.0.0.1", false],
    ["10.0.0.1", "::ffff:10.0.0.1", true],
    ["::1", "::1", true],
    ["::/0", "127.0.0.1", false],
    ["0.0.0.0/0", "::1", false],
    ["fe80::/10", "fe80::1%eth0", true],
  ];
  test.each(cases)("of %s, asked for %s, says %p", async (allow, peer, may) => {
    expect((await peerFilter([allow]))(peer)).toBe(may);
  });

  test.each(["10.0.0.1/", "10.0.0.0/8/3", "10.0.0.0/1e1", "10.0.0.0/33", "::1/129", "host", ""])(
    "has no entry %p",
    async (entry) => {
      await expect(peerFilter([entry])).rejects.toMatchObject({ code: "OPTION_INVALID" });
    },
  );
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

  test.each(["127.0.0.1", "127.0.0.2", "localhost", "::1"])(
    "that only this machine can reach says nothing: %s",
    async (hostname) => {
      expect(await told({ hostname })).toEqual([]);
    },
  );
});
