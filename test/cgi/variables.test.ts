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

  describe("from Cherokee, whose first field of a name comes last, keep the client's order:", () => {
    const cherokee = ["SERVER_SOFTWARE", "Cherokee/1.2.104 (UNIX)"];

    test("two and three", () => {
      const pairs = [
        "HTTP_COOKIE",
        "b=2",
        "HTTP_X_FORWARDED_FOR",
        "2",
        "HTTP_X_FORWARDED_FOR",
        "3",
      ];
      const variables = read(
        ...pairs,
        ...cherokee,
        "HTTP_COOKIE",
        "a=1",
        "HTTP_X_FORWARDED_FOR",
        "1",
      );
      expect(variables.HTTP_COOKIE).toBe("a=1; b=2");
      expect(variables.HTTP_X_FORWARDED_FOR).toBe("1, 2, 3");
    });

    test("those that it does not know, which all come before it", () => {
      expect(read("HTTP_X_A", "1", "HTTP_X_A", "2", ...cherokee).HTTP_X_A).toBe("1, 2");
    });

    test.each(["lighttpd/1.4.69", "Apache/2.4", "cherokeeish", ""])("as from %j", (software) => {
      expect(read("HTTP_A", "1", "SERVER_SOFTWARE", software, "HTTP_A", "2").HTTP_A).toBe("1, 2");
    });
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

describe("REMOTE_PORT", () => {
  const port = (REMOTE_PORT: string, ...more: string[]) =>
    read(
      "SERVER_SOFTWARE",
      "Cherokee",
      "REMOTE_ADDR",
      "5.5.5.5",
      ...more,
      "REMOTE_PORT",
      REMOTE_PORT,
    )
      .REMOTE_PORT;

  test.each([["30416", "53366"], ["0", "0"], ["1", "256"], ["65535", "65535"], ["", ""], [
    "x",
    "x",
  ]])(
    "%j from Cherokee, which swaps its bytes, is %j",
    (sent, port_) => expect(port(sent)).toBe(port_),
  );

  test("from Cherokee is as it came where it is that of X-Forwarded-For", () => {
    expect(port("77", "HTTP_X_FORWARDED_FOR", "5.5.5.5:77, 6.6.6.6")).toBe("77");
    expect(port("77", "HTTP_X_FORWARDED_FOR", "6.6.6.6:77, 5.5.5.5:77")).toBe("19712");
  });

  test("from another web server is as it came", () => {
    expect(read("SERVER_SOFTWARE", "lighttpd/1.4.69", "REMOTE_PORT", "30416").REMOTE_PORT)
      .toBe("30416");
    expect(read("REMOTE_PORT", "30416").REMOTE_PORT).toBe("30416");
  });
});
