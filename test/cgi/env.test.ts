/** The `env` that a handler is given. */

import { describe, expect, test } from "bun:test";
import { getConnInfo as getConnInfoOnNode } from "@hono/node-server/conninfo";
import { Hono } from "hono";
import { getConnInfo } from "hono/bun";
import { toEnv } from "../../src/cgi/env.ts";
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
