/** Repeated variables. */

import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { readVariables, type Variables } from "../../src/cgi/variables.ts";
import { Decoder } from "../../src/scgi/decoder.ts";
import { validRequest } from "../support/arbitrary-request.ts";
import { bytes } from "../support/wire.ts";

const read = (...pairs: string[]): Variables => readVariables({ contentLength: 0, pairs });

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
    expect({ ...read("QUERY_STRING", "", "QUERY_STRING", "") }).toEqual({ QUERY_STRING: "" });
  });
});

test("HTTP_PROXY is left out, however often it comes", () => {
  const variables = read("HTTP_PROXY", "evil:80", "HTTP_PROXY", "", "HTTP_PROXY_X", "fine");
  expect(Object.keys(variables)).toEqual(["HTTP_PROXY_X"]);
});

test("of any valid request, each name is there, and no other", () => {
  fc.assert(
    fc.property(validRequest, ({ pairs, wire }) => {
      const decoder = new Decoder();
      decoder.push(bytes(wire));
      const names = pairs.filter((name, i) => i % 2 === 0 && name !== "HTTP_PROXY");
      const variables = readVariables(decoder.head!);
      expect(new Set(Object.keys(variables))).toEqual(new Set(names));
      expect("toString" in variables).toBe(false);
    }),
  );
});
