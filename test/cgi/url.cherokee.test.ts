/**
 * The URL behind Cherokee, whose REQUEST_URI is decoded, with `stripPrefix` and without: its captured
 * request for /app/x/y, with the paths that it makes of other targets.
 */

import { describe, expect, test } from "bun:test";
import { toRequest } from "../../src/cgi/request.ts";

/** What cherokee-app-prefix.bin says of the target, for another rest of the path. */
function left(info: string, query = "", { script = "/app", stripPrefix = true as const } = {}) {
  const variables = {
    HTTP_HOST: "localhost",
    SERVER_SOFTWARE: "Cherokee/1.2.104 (UNIX)",
    QUERY_STRING: query,
    PATH_INFO: info,
    REQUEST_URI: script + info + (query === "" ? "" : `?${query}`),
    SCRIPT_URL: script + info,
    SCRIPT_NAME: script,
  };
  return toRequest(variables, { contentLength: 0, stripPrefix }).url.slice(
    "http://localhost".length,
  );
}

describe("the prefix is taken off what was asked for as", () => {
  const cases: [target: string, info: string, query: string, left: string][] = [
    ["/app/x/y?z=1", "/x/y", "z=1", "/x/y?z=1"],
    ["/app/100%2541", "/100%41", "", "/100%2541"],
    ["/app/100%25", "/100%", "", "/100%25"],
    ["/app/a%3Fb", "/a?b", "", "/a%3Fb"],
    ["/app/a%3Fb?c=d", "/a?b", "c=d", "/a%3Fb?c=d"],
    ["/app/x?a?b", "/x", "a?b", "/x?a?b"],
    ["/app/x%2Fy", "/x/y", "", "/x/y"],
    ["/app/a%20b", "/a b", "", "/a%20b"],
    ["/app/a%0d%0ab", "/a\r\nb", "", "/a%0D%0Ab"],
    ["/app/caf%C3%A9%2541", "/caf\xc3\xa9%41", "", "/caf%C3%A9%2541"],
    ["/app/%23%5c%2541", "/#\\%41", "", "/%23%5C%2541"],
  ];
  for (const [target, info, query, rest] of cases) {
    test(target, () => expect(left(info, query)).toBe(rest));
  }

  test("under a directory that has to be encoded", () => {
    expect(left("/100%41", "", { script: "/my caf\xc3\xa9" })).toBe("/100%2541");
    expect(left("/x", "", { script: "/50%41" })).toBe("/x");
    expect(left("/c", "", { script: "/a?b" })).toBe("/c");
  });

  test("where it looks like a dot segment that was encoded twice", () => {
    // /app/%252e%252e/x
    expect(left("/%2e%2e/x")).toBe("/%252e%252e/x");
  });
});

describe("the URL has the path that Cherokee's rules were applied to:", () => {
  const url = (variables: Record<string, string>) =>
    toRequest({ HTTP_HOST: "h", SERVER_SOFTWARE: "Cherokee", ...variables }, { contentLength: 0 })
      .url;

  test.each([
    // GET /%2561dmin/x, /admin%3Fx, /a%2Fb and /public#/../admin.
    ["/%61dmin/x", "/%61dmin/x", "", "/%2561dmin/x"],
    ["/admin?x", "/admin?x", "", "/admin%3Fx"],
    ["/a/b", "/a/b", "", "/a/b"],
    ["/public#/x", "/public#/x", "", "/public%23/x"],
    ["/x?a=%20#b", "/x", "a=%20#b", "/x?a=%20"],
    ["*", "/", "", "/*"],
  ])("REQUEST_URI %s, PATH_INFO %s, QUERY_STRING %s", (uri, info, query, path) => {
    const told = { REQUEST_URI: uri, SCRIPT_NAME: "", PATH_INFO: info, QUERY_STRING: query };
    expect(url(told)).toBe(`http://h${path}`);
  });

  test("and that of REQUEST_URI where it sends no other", () => {
    expect(url({ REQUEST_URI: "/x?y" })).toBe("http://h/x?y");
  });
});

describe("the URL stays whole where", () => {
  const asked = (variables: Record<string, string>) =>
    toRequest({ HTTP_HOST: "h", ...variables }, { contentLength: 0, stripPrefix: true }).url;

  test("another web server's SCRIPT_NAME is not what was asked for", () => {
    const variables = { SCRIPT_NAME: "/app", PATH_INFO: "/%41", QUERY_STRING: "b" };
    expect(asked({ ...variables, REQUEST_URI: "/app/%41" })).toBe("http://h/app/%41");
  });

  test("SCRIPT_NAME is no path", () => {
    expect(asked({ SCRIPT_NAME: "app", PATH_INFO: "/%41", REQUEST_URI: "app/%41" }))
      .toBe("http://h/app/%41");
  });
});
