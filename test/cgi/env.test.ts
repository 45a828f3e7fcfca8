/** The `env` that a handler is given. */

import { describe, expect, test } from "bun:test";
import { getConnInfo as getConnInfoOnNode } from "@hono/node-server/conninfo";
import fc from "fast-check";
import { Hono } from "hono";
import { getConnInfo } from "hono/bun";
import { isIP } from "node:net";
import { toEnv } from "../../src/cgi/env.ts";
import { getConnInfo as ownConnInfo } from "../../src/cgi/conn-info.ts";
import { readVariables, type Variables } from "../../src/cgi/variables.ts";

const read = (...pairs: string[]): Variables => readVariables({ contentLength: 0, pairs });

/** Text as the bytes of its UTF-8 form, one code unit each: how variables hold it. */
const utf8 = (text: string) => String.fromCharCode(...new TextEncoder().encode(text));

/** What an env inherits inherits nothing itself. */
const inheritsNothing = (env: object) => Object.getPrototypeOf(Object.getPrototypeOf(env)) === null;

describe("env", () => {
  test("is decoded as UTF-8, names and values", () => {
    const env = toEnv(read("GREETING", utf8("Grüße, 世界 🎉"), utf8("NÄME"), "x"));
    expect({ ...env }).toEqual({ GREETING: "Grüße, 世界 🎉", NÄME: "x" });
  });

  test("has U+FFFD for bytes that are no UTF-8", () => {
    expect(toEnv(read("A", "caf\xe9", "B", "\xff\xfe")).A).toBe("caf\ufffd");
    expect(toEnv(read("A", "caf\xe9", "B", "\xff\xfe")).B).toBe("\ufffd\ufffd");
  });

  test("holds repeated variables joined", () => {
    expect(toEnv(read("HTTP_COOKIE", "a=1", "HTTP_COOKIE", "b=2")).HTTP_COOKIE).toBe("a=1; b=2");
  });

  test("has no HTTP_PROXY, however often it comes", () => {
    expect("HTTP_PROXY" in toEnv(read("HTTP_PROXY", "evil:80", "HTTP_PROXY", ""))).toBe(false);
  });

  test("holds the bindings, which win over variables of their name", () => {
    const kv = { get: () => "value" };
    const env = toEnv(read("MODE", "from the client", "PATH_INFO", "/"), { MODE: "live", KV: kv });
    expect(env.MODE).toBe("live");
    expect(env.KV).toBe(kv);
    expect(env.PATH_INFO).toBe("/");
  });

  test("is made anew for each request, so that one cannot change another's", () => {
    const bindings = { MODE: "live" };
    toEnv(read(), bindings).MODE = "changed";
    expect(toEnv(read(), bindings).MODE).toBe("live");
  });

  test("inherits nothing of Object.prototype", () => {
    const env = toEnv(read("A", "b"), { C: "d" });
    expect(inheritsNothing(env)).toBe(true);
    for (const name of ["__proto__", "constructor", "toString", "hasOwnProperty", "valueOf"]) {
      expect(env[name]).toBeUndefined();
      expect(name in env).toBe(false);
    }
  });

  test("is the same with a long name as without", () => {
    const long = "X".repeat(100);
    const names = ["A", "__proto__", "REMOTE_ADDR", "remoteAddr", long, "B"];
    for (const value of ["x", utf8("é")]) {
      const variables = read(...names.flatMap((name) => [name, value]));
      for (const env of [variables, toEnv(variables)]) {
        expect(Object.keys(env)).toEqual(names);
        expect(inheritsNothing(env)).toBe(true);
        expect(env).not.toHaveProperty("toString");
        expect("requestIP" in env).toBe(true);
      }
      expect(toEnv(variables)[long]).toBe(value === "x" ? "x" : "é");
    }
  });

  test("takes the names of Object.prototype as names like any other", () => {
    const names = ["__proto__", "constructor", "toString", "HTTP___PROTO__"];
    const env = toEnv(read(...names.flatMap((name) => [name, `x ${name}`])));
    expect(Object.keys(env)).toEqual(names);
    for (const name of names) expect(env[name]).toBe(`x ${name}`);
    expect(inheritsNothing(env)).toBe(true);
    expect(({} as Record<string, unknown>).x).toBeUndefined();
  });

  test("takes a binding named __proto__ as a name like any other", () => {
    const env = toEnv(read(), JSON.parse('{"__proto__": {"admin": true}}'));
    expect(env.admin).toBeUndefined();
    expect(inheritsNothing(env)).toBe(true);
  });
});

describe("who asks", () => {
  const v4 = ["REMOTE_ADDR", "192.0.2.1", "REMOTE_PORT", "5000"];

  test.each([
    ["IPv4", v4, { address: "192.0.2.1", family: "IPv4", port: 5000 }],
    ["IPv6", ["REMOTE_ADDR", "2001:db8::1"], { address: "2001:db8::1", family: "IPv6", port: 0 }],
    ["nobody that is known", [], null],
    ["an empty address", ["REMOTE_ADDR", "", "REMOTE_PORT", "5000"], null],
    ["a zone", ["REMOTE_ADDR", "fe80::1%eth0"], {
      address: "fe80::1%eth0",
      family: "IPv6",
      port: 0,
    }],
    ["IPv4 in IPv6", ["REMOTE_ADDR", "::ffff:192.0.2.1"], {
      address: "::ffff:192.0.2.1",
      family: "IPv6",
      port: 0,
    }],
    ...["x", "-1", "1e3", "0x10", "65536", "99999999", " 5", ""].map((port) =>
      [`no port ${port}`, ["REMOTE_ADDR", "192.0.2.1", "REMOTE_PORT", port], {
        address: "192.0.2.1",
        family: "IPv4",
        port: 0,
      }] as const
    ),
  ])("is told by requestIP() as by Bun: %s", (_, pairs, peer) => {
    const { requestIP } = toEnv(read(...pairs)) as { requestIP(): unknown };
    expect(requestIP()).toEqual(peer);
  });

  test.each([
    ["known", v4, { transport: "tcp", hostname: "192.0.2.1", port: 5000 }],
    ["unknown", [], { transport: "tcp", hostname: "", port: 0 }],
  ])("is told by remoteAddr as by Deno: %s", (_, pairs, address) => {
    expect(toEnv(read(...pairs)).remoteAddr).toEqual(address);
  });

  test.each([
    ...[
      "unix:",
      "/run/nginx.sock",
      "unknown",
      "1.2.3.4:5000",
      "[::1]",
      "[::1]:80",
      "1.2.3",
      "1.2.3.4.5",
    ],
    ...[
      "256.1.1.1",
      "01.2.3.4",
      "1.2.3.4.",
      "1.2.3.4%eth0",
      "::g",
      ":::",
      "1::2::3",
      "localhost",
      "-",
    ],
    ...[
      "::1%",
      "::1%a/b",
      "0x7f000001",
      "2130706433",
      " 192.0.2.1",
      "192.0.2.1, 192.0.2.2",
      "::1\n",
    ],
  ])("is unknown where REMOTE_ADDR is %j", async (address) => {
    const env = toEnv(read("REMOTE_ADDR", address, "REMOTE_PORT", "5000"));
    const unknown = { transport: "tcp", hostname: "", port: 0 };
    expect([(env.requestIP as () => unknown)(), env.remoteAddr]).toEqual([null, unknown]);
    const app = new Hono();
    app.get("/", (c) => c.json([getConnInfoOnNode(c), ownConnInfo(c)]));
    expect(await (await app.request("/", {}, env)).json()).toEqual([{ remote: {} }, {
      remote: {},
    }]);
    expect(env.REMOTE_ADDR).toBe(address);
  });

  test("is known for nothing that node:net does not take for an address", () => {
    const unit = fc.constantFrom(..."0129af:.%", "::", "255", "ffff");
    fc.assert(
      fc.property(fc.oneof(fc.ipV6(), fc.string({ unit, maxLength: 9 })), (address) => {
        const family = familyOf(address);
        if (family !== undefined) expect(family).toBe(`IPv${isIP(address)}` as never);
      }),
      { numRuns: 5000 },
    );
  });

  test("is known for every address as systems write it", () => {
    const ipV6 = fc.array(fc.nat(0xffff), { minLength: 8, maxLength: 8 })
      .map((groups) => new URL(`http://[${groups.map((group) => group.toString(16)).join(":")}]/`))
      .map(({ hostname }) => hostname.slice(1, -1));
    fc.assert(
      fc.property(fc.ipV4(), ipV6, (v4, v6) => {
        expect([familyOf(v4), familyOf(v6), familyOf(`::ffff:${v4}`)])
          .toEqual(["IPv4", "IPv6", "IPv6"]);
      }),
      { numRuns: 2000 },
    );
  });

  function familyOf(address: string): string | undefined {
    const env = toEnv(read("REMOTE_ADDR", address));
    return (env as { requestIP(): { family: string } | null }).requestIP()?.family;
  }

  test("is not among the keys, and no other request's", () => {
    const [one, other] = [toEnv(read(...v4)), toEnv(read("REMOTE_ADDR", "192.0.2.2"))];
    expect(Object.keys(one)).toEqual(["REMOTE_ADDR", "REMOTE_PORT"]);
    expect(JSON.stringify(one)).not.toContain("remoteAddr");
    expect(one.remoteAddr).not.toEqual(other.remoteAddr);
  });

  test("gives way to variables and bindings of these names, in one request alone", () => {
    const env = toEnv(read(...v4, "remoteAddr", "a variable"), { requestIP: "a binding" });
    expect(env.remoteAddr).toBe("a variable");
    expect(env.requestIP).toBe("a binding");
    expect(Object.keys(env)).toContain("remoteAddr");
    expect(toEnv(read(...v4)).remoteAddr).toHaveProperty("hostname", "192.0.2.1");
  });

  test.each([["Bun", getConnInfo], ["Node", getConnInfoOnNode]])(
    "is found by Hono's helper for %s",
    async (_, getConnInfo) => {
      const app = new Hono();
      app.get("/", (c) => c.json(getConnInfo(c)));
      const response = await app.request("/", {}, toEnv(read(...v4)));
      expect(await response.json())
        .toEqual({ remote: { address: "192.0.2.1", addressType: "IPv4", port: 5000 } });
    },
  );
});
