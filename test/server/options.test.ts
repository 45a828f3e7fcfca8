/** Options: what they are where nothing is said, and what is refused. */

import { describe, expect, test } from "bun:test";
import {
  DEFAULT_LIMITS,
  type Limits,
  readAddresses,
  readLimits,
  readMapping,
} from "../../src/server/options.ts";
import { refusal } from "../support/refusal.ts";

describe("limits", () => {
  test("have safe defaults, in bytes and milliseconds", () => {
    expect(readLimits({})).toEqual({
      maxHeaderBytes: 65536,
      maxHeaders: 1000,
      maxBodyBytes: 0,
      headTimeout: 30_000,
      bodyTimeout: 60_000,
      writeTimeout: 60_000,
      requestTimeout: 0,
      maxConnections: 10_000,
      shutdownTimeout: 10_000,
      drainBytes: 256 * 1024 * 1024,
      drainTimeout: 10_000,
    });
  });

  test("are those that are given, and the defaults beside them", () => {
    expect(readLimits({ headTimeout: 0, maxBodyBytes: 10 })).toEqual({
      ...DEFAULT_LIMITS,
      headTimeout: 0,
      maxBodyBytes: 10,
    });
  });

  test("that are undefined are as if they were not given", () => {
    const given = { headTimeout: undefined } as unknown as Partial<Limits>;
    expect(readLimits(given)).toEqual({ ...DEFAULT_LIMITS });
  });

  test("leave the defaults alone", () => {
    readLimits({ headTimeout: 1 }).bodyTimeout = 2;
    expect(DEFAULT_LIMITS.headTimeout).toBe(30_000);
    expect(DEFAULT_LIMITS.bodyTimeout).toBe(60_000);
  });

  for (const name of Object.keys(DEFAULT_LIMITS) as (keyof Limits)[]) {
    const least = name === "maxConnections" ? 1 : 0;
    test(`${name} is a whole number from ${least} on`, () => {
      for (const value of [least, least + 1, Number.MAX_SAFE_INTEGER]) {
        expect(readLimits({ [name]: value })[name]).toBe(value);
      }
      for (const value of [least - 1, 1.5, NaN, Infinity, 2 ** 53, "5", null, true]) {
        const { code, message } = refusal(() => readLimits({ [name]: value as number }));
        expect(code).toBe("OPTION_INVALID");
        expect(message).toContain(name);
      }
    });
  }
});

describe("the mapping", () => {
  test("is as it was given", () => {
    const bindings = { KEY: "value" };
    expect(readMapping({ urlFrom: "path-info", stripPrefix: "/app", bindings })).toEqual({
      urlFrom: "path-info",
      stripPrefix: "/app",
      bindings,
    });
    expect(readMapping({ stripPrefix: true }).stripPrefix).toBe(true);
    expect(readMapping({ urlFrom: "request-uri" }).urlFrom).toBe("request-uri");
    expect(readMapping({})).toEqual({});
  });

  test("is refused with another urlFrom", () => {
    for (const urlFrom of ["", "path_info", "PATH-INFO", null, 1]) {
      const { code, message } = refusal(() => readMapping({ urlFrom: urlFrom as never }));
      expect(code).toBe("OPTION_INVALID");
      expect(message).toContain('"request-uri" or "path-info"');
    }
  });

  test("is refused with upgrades that are neither true nor false", () => {
    expect(readMapping({ upgrades: false }).upgrades).toBe(false);
    for (const upgrades of ["no", 0, null]) {
      const { code, message } = refusal(() => readMapping({ upgrades: upgrades as never }));
      expect(code).toBe("OPTION_INVALID");
      expect(message).toContain("true or false");
    }
  });

  test("is refused with a prefix that does not begin with a slash, before any request", () => {
    for (const stripPrefix of ["", "app", "http://h/app"]) {
      const { code, message } = refusal(() => readMapping({ stripPrefix }));
      expect(code).toBe("OPTION_INVALID");
      expect(message).toContain("slash");
    }
  });
});

describe("the addresses", () => {
  test("are 127.0.0.1:4000 where nothing is said", () => {
    expect(readAddresses({})).toEqual([{ hostname: "127.0.0.1", port: 4000 }]);
  });

  test("may be one, in its short form", () => {
    expect(readAddresses({ port: 80 })).toEqual([{ hostname: "127.0.0.1", port: 80 }]);
    expect(readAddresses({ port: 0 })).toEqual([{ hostname: "127.0.0.1", port: 0 }]);
    expect(readAddresses({ hostname: "::1" })).toEqual([{ hostname: "::1", port: 4000 }]);
    expect(readAddresses({ hostname: "::", port: 1 })).toEqual([{ hostname: "::", port: 1 }]);
    expect(readAddresses({ fd: 3 })).toEqual([{ fd: 3 }]);
    expect(readAddresses({ unix: "/a", mode: 0o600, group: "g" }))
      .toEqual([{ unix: "/a", mode: 0o600, group: "g" }]);
  });

  test("may be one in listen, or several", () => {
    expect(readAddresses({ listen: "unix:/a" })).toMatchObject([{ unix: "/a" }]);
    expect(readAddresses({ listen: 80 })).toEqual([{ hostname: "127.0.0.1", port: 80 }]);
    expect(readAddresses({ listen: ["80", "unix:/a", { fd: 3 }] })).toMatchObject([
      { hostname: "127.0.0.1", port: 80 },
      { unix: "/a" },
      { fd: 3 },
    ]);
  });

  test("in listen have the mode and the group beside it, where they have none of their own", () => {
    const listen = ["unix:/a", { unix: "/b", mode: 0o666 }];
    expect(readAddresses({ listen, mode: 0o600, group: 33 })).toEqual([
      { unix: "/a", mode: 0o600, group: 33 },
      { unix: "/b", mode: 0o666, group: 33 },
    ]);
    const undefinedMode = { unix: "/c", mode: undefined };
    expect(readAddresses({ listen: [undefinedMode], mode: 0o600 })).toMatchObject([
      { unix: "/c", mode: 0o600 },
    ]);
  });

  test("are refused where they are given in two ways", () => {
    for (
      const two of [
        { port: 80, unix: "/a" },
        { hostname: "h", unix: "/a" },
        { unix: "/a", fd: 3 },
        { port: 80, listen: "80" },
        { fd: 3, listen: "fd:3" },
      ]
    ) {
      expect(refusal(() => readAddresses(two)).code).toBe("OPTION_INVALID");
    }
  });

  test("are refused where listen names none", () => {
    expect(refusal(() => readAddresses({ listen: [] })).code).toBe("OPTION_INVALID");
  });

  for (const port of [NaN, -1, 65536, 80.5, "", "80"] as number[]) {
    test(`are refused with the port ${JSON.stringify(port)}`, () => {
      expect(refusal(() => readAddresses({ port })).code).toBe("ADDRESS_INVALID");
      expect(refusal(() => readAddresses({ hostname: "h", port })).code).toBe("ADDRESS_INVALID");
    });
  }

  test("are refused where one of several is wrong", () => {
    expect(refusal(() => readAddresses({ listen: ["80", "nonsense"] })).code)
      .toBe("ADDRESS_INVALID");
  });

  test("are refused with a mode that no socket can have, in each form", () => {
    expect(refusal(() => readAddresses({ unix: "/a", mode: 0o7777 })).code).toBe("ADDRESS_INVALID");
    expect(refusal(() => readAddresses({ listen: "unix:/a", mode: -1 })).code)
      .toBe("ADDRESS_INVALID");
  });
});
