/** Repeated variables, and the `env` that a handler is given. */

import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { readVariables, toEnv, type Variables } from "../../src/cgi/variables.ts";
import { Decoder } from "../../src/scgi/decoder.ts";
import { validRequest } from "../support/arbitrary-request.ts";
import { bytes } from "../support/wire.ts";

const read = (...pairs: string[]): Variables => readVariables({ contentLength: 0, pairs });

/** Text as the bytes of its UTF-8 form, one code unit each: how variables hold it. */
const utf8 = (text: string) => String.fromCharCode(...new TextEncoder().encode(text));

describe("repeated variables", () => {
  test("of a header are joined with a comma and a space", () => {
    expect(read("HTTP_ACCEPT", "a", "X", "y", "HTTP_ACCEPT", "b", "HTTP_ACCEPT", "c").HTTP_ACCEPT)
      .toBe("a, b, c");
  });

  test("of cookies are joined with a semicolon and a space", () => {
    expect(read("HTTP_COOKIE", "a=1", "HTTP_COOKIE", "b=2", "HTTP_COOKIE", "c=3").HTTP_COOKIE)
      .toBe("a=1; b=2; c=3");
  });

  test("of a header leave empty values out", () => {
    expect(read("HTTP_A", "", "HTTP_A", "x", "HTTP_A", "").HTTP_A).toBe("x");
    expect(read("HTTP_COOKIE", "", "HTTP_COOKIE", "a=1").HTTP_COOKIE).toBe("a=1");
  });

  test("of the host count with the last value that is not empty", () => {
    expect(read("HTTP_HOST", "a", "HTTP_HOST", "b", "HTTP_HOST", "").HTTP_HOST).toBe("b");
  });

  test("of any other name count with the last value that is not empty", () => {
    expect(read("HTTPS", "on", "HTTPS", "").HTTPS).toBe("on");
    expect(read("HTTPS", "", "HTTPS", "on").HTTPS).toBe("on");
    expect(read("SERVER_NAME", "a", "SERVER_NAME", "b").SERVER_NAME).toBe("b");
    expect(read("HTTPX", "a", "HTTPX", "b").HTTPX).toBe("b");
  });

  test("that are all empty are one empty variable", () => {
    expect(read("QUERY_STRING", "", "QUERY_STRING", "")).toEqual({ QUERY_STRING: "" });
  });
});

test("HTTP_PROXY is left out, however often it comes", () => {
  const variables = read("HTTP_PROXY", "evil:80", "HTTP_PROXY", "", "HTTP_PROXY_X", "fine");
  expect(Object.keys(variables)).toEqual(["HTTP_PROXY_X"]);
  expect("HTTP_PROXY" in toEnv(variables)).toBe(false);
});

test("REMOTE_ADDR is there without REMOTE_PORT", () => {
  expect(toEnv(read("REMOTE_ADDR", "192.0.2.1"))).toEqual({ REMOTE_ADDR: "192.0.2.1" });
});

describe("env", () => {
  test("is decoded as UTF-8, names and values", () => {
    const env = toEnv(read("GREETING", utf8("Grüße, 世界 🎉"), utf8("NÄME"), "x"));
    expect(env).toEqual({ GREETING: "Grüße, 世界 🎉", NÄME: "x" });
  });

  test("has U+FFFD for bytes that are no UTF-8", () => {
    expect(toEnv(read("A", "caf\xe9", "B", "\xff\xfe")).A).toBe("caf\ufffd");
    expect(toEnv(read("A", "caf\xe9", "B", "\xff\xfe")).B).toBe("\ufffd\ufffd");
  });

  test("holds repeated variables joined", () => {
    expect(toEnv(read("HTTP_COOKIE", "a=1", "HTTP_COOKIE", "b=2"))).toEqual({
      HTTP_COOKIE: "a=1; b=2",
    });
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

  test("inherits nothing", () => {
    const env = toEnv(read("A", "b"), { C: "d" });
    expect(Object.getPrototypeOf(env)).toBeNull();
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
    expect(Object.getPrototypeOf(env)).toBeNull();
    expect(({} as Record<string, unknown>).x).toBeUndefined();
  });

  test("takes a binding named __proto__ as a name like any other", () => {
    const env = toEnv(read(), JSON.parse('{"__proto__": {"admin": true}}'));
    expect(env.admin).toBeUndefined();
    expect(Object.getPrototypeOf(env)).toBeNull();
  });
});

test("of any valid request, each name is there, and no other", () => {
  fc.assert(
    fc.property(validRequest, ({ pairs, wire }) => {
      const decoder = new Decoder();
      decoder.push(bytes(wire));
      const names = pairs.filter((name, i) => i % 2 === 0 && name !== "HTTP_PROXY");
      const variables = readVariables(decoder.head!);
      expect(new Set(Object.keys(variables))).toEqual(new Set(names));
      expect(Object.getPrototypeOf(toEnv(variables))).toBeNull();
    }),
  );
});
