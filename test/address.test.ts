/** Addresses: each form, and what is refused. */

import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type Address, formatAddress, parseAddress, type ParsedAddress } from "../src/address.ts";
import { refusal } from "./support/refusal.ts";

const tcp = (port: number, hostname = "127.0.0.1") => ({ hostname, port });

describe("an address may be", () => {
  const forms: [address: Address, parsed: ParsedAddress][] = [
    ["4000", tcp(4000)],
    ["0", tcp(0)],
    ["65535", tcp(65535)],
    ["127.0.0.1:4000", tcp(4000)],
    ["0.0.0.0:4000", tcp(4000, "0.0.0.0")],
    ["localhost:4000", tcp(4000, "localhost")],
    ["a-b.example.com:80", tcp(80, "a-b.example.com")],
    ["[::1]:4000", tcp(4000, "::1")],
    ["[::]:0", tcp(0, "::")],
    ["[fe80::1%eth0.5]:80", tcp(80, "fe80::1%eth0.5")],
    ["[::ffff:192.0.2.1]:80", tcp(80, "::ffff:192.0.2.1")],
    ["unix:/run/app.sock", { unix: "/run/app.sock" }],
    ["unix:app.sock", { unix: "app.sock" }],
    ["unix:/a b:80", { unix: "/a b:80" }],
    ["fd:3", { fd: 3 }],
    ["fd:0", { fd: 0 }],
    [4000, tcp(4000)],
    [0, tcp(0)],
    [{ port: 4000 }, tcp(4000)],
    [{ hostname: "::1", port: 4000 }, tcp(4000, "::1")],
    [{ hostname: "[::1]", port: 4000 }, tcp(4000, "::1")],
    [{ hostname: undefined, port: 4000 }, tcp(4000)],
    [{ unix: "/run/app.sock" }, { unix: "/run/app.sock" }],
    [
      { unix: "/run/app.sock", mode: 0o600, group: "www-data" },
      { unix: "/run/app.sock", mode: 0o600, group: "www-data" },
    ],
    [{ unix: "/a", mode: 0, group: 33 }, { unix: "/a", mode: 0, group: 33 }],
    [{ fd: 3 }, { fd: 3 }],
  ];
  for (const [address, parsed] of forms) {
    test(JSON.stringify(address), () => expect(parseAddress(address)).toEqual(parsed));
  }
});

describe("an address is refused, with a line that names it, as", () => {
  const wrong: unknown[] = [
    "",
    " ",
    "NaN",
    "-1",
    "65536",
    "99999999999999999999",
    "80.5",
    "8e3",
    "0x50",
    "+80",
    " 80",
    "80 ",
    "localhost",
    "localhost:",
    ":4000",
    "localhost:http",
    "localhost:-1",
    "localhost:65536",
    "::1:4000",
    "::1",
    "[::1]",
    "[::1]:",
    "[]:80",
    "[localhost]:80",
    "a b:80",
    "http://localhost:80",
    "/run/app.sock",
    "unix:",
    "unix:/a\0b",
    "fd:",
    "fd:x",
    "fd:-1",
    "fd:3.5",
    "fd: 3",
    NaN,
    -1,
    65536,
    80.5,
    Infinity,
    { port: NaN },
    { port: -1 },
    { port: 65536 },
    { port: "" },
    { port: "80" },
    { port: undefined },
    { hostname: "", port: 80 },
    { hostname: "[]", port: 80 },
    { hostname: "localhost" },
    {},
    { unix: "" },
    { unix: "/a\0b" },
    { unix: "/a", mode: -1 },
    { unix: "/a", mode: 0o1000 },
    { unix: "/a", mode: 6.5 },
    { unix: "/a", mode: NaN },
    { fd: -1 },
    { fd: NaN },
    { fd: 1.5 },
    { fd: "3" },
  ];
  for (const address of wrong) {
    test(typeof address === "number" ? String(address) : JSON.stringify(address), () => {
      const { code, message } = refusal(() => parseAddress(address as Address));
      expect(code).toBe("ADDRESS_INVALID");
      expect(message).toContain(
        typeof address === "object" ? JSON.stringify(address) : String(address),
      );
      expect(message).not.toContain("\n");
    });
  }

  test("text of another form, with the forms that there are", () => {
    const { message } = refusal(() => parseAddress("nonsense"));
    expect(message).toContain("unix:/path, HOST:PORT, [v6]:PORT, PORT or fd:N");
  });

  test("anything else, without an error of another kind", () => {
    for (const address of [null, undefined, true, { unix: 5 }, { hostname: 5, port: 80 }]) {
      expect(refusal(() => parseAddress(address as never)).code).toBe("ADDRESS_INVALID");
    }
  });
});

describe("an address as text", () => {
  test("has the form that is read", () => {
    expect(formatAddress({ hostname: "127.0.0.1", port: 80 })).toBe("127.0.0.1:80");
    expect(formatAddress({ hostname: "::1", port: 80 })).toBe("[::1]:80");
    expect(formatAddress({ unix: "/run/app.sock", mode: 0o600 })).toBe("unix:/run/app.sock");
    expect(formatAddress({ fd: 3 })).toBe("fd:3");
  });

  test("is read back as the same address", () => {
    const address = fc.oneof(
      fc.record({ hostname: fc.oneof(fc.ipV4(), fc.domain(), fc.ipV6()), port: fc.nat(65535) }),
      fc.record({ unix: fc.string({ minLength: 1 }).filter((path) => !path.includes("\0")) }),
      fc.record({ fd: fc.nat() }),
    );
    fc.assert(
      fc.property(address, (address) => {
        const parsed = parseAddress(address);
        expect(parseAddress(formatAddress(parsed))).toEqual(parsed);
      }),
      { numRuns: 500 },
    );
  });

  test("of any text is an address, or refused as one", () => {
    const text = fc.oneof(
      fc.string(),
      fc.string({ unit: fc.constantFrom(..."0123456789:[].fdunix/-%a "), maxLength: 12 }),
    );
    fc.assert(
      fc.property(text, (text) => {
        try {
          formatAddress(parseAddress(text));
        } catch (error) {
          expect(error).toMatchObject({ code: "ADDRESS_INVALID", status: undefined });
        }
      }),
      { numRuns: 2000 },
    );
  });
});
