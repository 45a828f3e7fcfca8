/** Prefixes under which a web server mounts an app. */

import { describe, expect, test } from "bun:test";
import { toRequest } from "../../src/cgi/request.ts";
import { refusal } from "../support/refusal.ts";

type Given = Record<string, string>;

/** `request.url` of these variables, without its origin. */
function path(variables: Given, stripPrefix?: string | boolean): string {
  const { url } = toRequest({ HTTP_HOST: "h", ...variables }, { contentLength: 0, stripPrefix });
  expect(url.slice(0, 9)).toBe("http://h/");
  return url.slice(8);
}

const asked = (uri: string, prefix: string | boolean) => path({ REQUEST_URI: uri }, prefix);

describe("without stripPrefix the URL is what the client asked for", () => {
  for (const stripPrefix of [undefined, false]) {
    test(`with ${stripPrefix}`, () => {
      const variables = { REQUEST_URI: "/app/x", SCRIPT_NAME: "/app", PATH_INFO: "/x" };
      expect(path(variables, stripPrefix)).toBe("/app/x");
    });
  }
});

describe('stripPrefix "/app" takes it off', () => {
  const cases: [uri: string, path: string][] = [
    ["/app/x", "/x"],
    ["/app/", "/"],
    ["/app", "/"],
    ["/app?a=/b", "/?a=/b"],
    ["/app/x?a=b?c", "/x?a=b?c"],
    ["/app//evil/x", "//evil/x"],
    ["/app/app/x", "/app/x"],
    ["/app/%2Fx%20y", "/%2Fx%20y"],
    ["/x/../app/y", "/y"],
    ["/%2e%2e/app/y", "/y"],
    ["http://other/app/x", "/x"],
  ];
  for (const [uri, rest] of cases) {
    test(`${uri} is ${rest}`, () => expect(asked(uri, "/app")).toBe(rest));
  }

  test("written with a slash at its end as well", () => {
    expect(asked("/app/x", "/app/")).toBe("/x");
    expect(asked("/app", "/app//")).toBe("/");
  });

  test("and keeps host, port and scheme", () => {
    const variables = { HTTP_HOST: "[::1]:81", HTTPS: "on", REQUEST_URI: "/app/x" };
    expect(toRequest(variables, { contentLength: 0, stripPrefix: "/app" }).url)
      .toBe("https://[::1]:81/x");
  });

  for (
    const uri of ["/", "/apple", "/ap", "/APP/x", "/x/app", "//app/x", "/app/../x", "/app%2Fx", "*"]
  ) {
    test(`and ${uri}, which does not have it, gets 404`, () => {
      const error = refusal(() => asked(uri, "/app"));
      expect(error).toMatchObject({ code: "PREFIX_MISMATCH", status: 404 });
      expect(error.message).toContain("/app");
    });
  }

  test("and a bad host is 400 all the same", () => {
    const variables = { HTTP_HOST: "h:99999", REQUEST_URI: "/app" };
    expect(refusal(() => path(variables, "/app"))).toMatchObject({
      code: "HOST_INVALID",
      status: 400,
    });
  });
});

describe("other prefixes", () => {
  test('"/" is every path\'s', () => {
    expect(asked("/x?y", "/")).toBe("/x?y");
    expect(asked("//x", "/")).toBe("//x");
  });

  test("of several segments", () => expect(asked("/a/b/c", "/a/b")).toBe("/c"));

  test("are compared as a URL has them", () => {
    expect(asked("/caf%C3%A9/x", "/café")).toBe("/x");
    expect(asked("/a%20b/x", "/a b")).toBe("/x");
    expect(asked("/b/x", "/a/../b")).toBe("/x");
  });

  test("are no patterns", () => {
    expect(refusal(() => asked("/abc/x", "/a.c")).status).toBe(404);
  });

  for (const prefix of ["", "app", "http://h/app"]) {
    test(`${JSON.stringify(prefix)} is no prefix`, () => {
      expect(refusal(() => asked("/app", prefix)).code).toBe("OPTION_INVALID");
    });
  }
});

describe("stripPrefix true takes SCRIPT_NAME off where SCRIPT_NAME + PATH_INFO was asked for:", () => {
  const cases: [uri: string, script: string, info: string | undefined, path: string][] = [
    ["/app/x", "/app", "/x", "/x"],
    ["/app/x?y=/z", "/app", "/x", "/x?y=/z"],
    ["/app", "/app", "", "/"],
    ["/app", "/app", undefined, "/"],
    ["/app/", "/app", "/", "/"],
    ["/a%20pp/x%2Fy", "/a pp", "/x/y", "/x%2Fy"],
    ["/%61pp/x", "/app", "/x", "/x"],
    ["/caf%C3%A9/x", "/caf\xc3\xa9", "/x", "/x"],
    ["/app//evil", "/app", "//evil", "//evil"],
  ];
  for (const [uri, script, info, rest] of cases) {
    test(`${uri} under ${script} is ${rest}`, () => {
      const variables: Given = { REQUEST_URI: uri, SCRIPT_NAME: script };
      if (info !== undefined) variables.PATH_INFO = info;
      expect(path(variables, true)).toBe(rest);
    });
  }
});

describe("stripPrefix true leaves the URL whole where", () => {
  const cases: [why: string, variables: Given, path: string][] = [
    ["there is no SCRIPT_NAME", { REQUEST_URI: "/app/x", PATH_INFO: "/app/x" }, "/app/x"],
    ["it is empty", { REQUEST_URI: "/x", SCRIPT_NAME: "", PATH_INFO: "/x" }, "/x"],
    ["it is a slash", { REQUEST_URI: "/x", SCRIPT_NAME: "/", PATH_INFO: "x" }, "/x"],
    [
      "the path was rewritten",
      { REQUEST_URI: "/asked", SCRIPT_NAME: "/app", PATH_INFO: "/x" },
      "/asked",
    ],
    [
      "PATH_INFO is another",
      { REQUEST_URI: "/app/x", SCRIPT_NAME: "/app", PATH_INFO: "/y" },
      "/app/x",
    ],
    [
      "it ends inside a segment",
      { REQUEST_URI: "/apple", SCRIPT_NAME: "/app", PATH_INFO: "le" },
      "/apple",
    ],
    [
      "it is longer than the path",
      { REQUEST_URI: "/a", SCRIPT_NAME: "/app/long", PATH_INFO: "" },
      "/a",
    ],
    [
      "it is the whole path, as mod_proxy_scgi sends it",
      { REQUEST_URI: "/app/x", SCRIPT_NAME: "/app/x", SCRIPT_FILENAME: "proxy:scgi://a:1/app/x" },
      "/app/x",
    ],
    [
      "it is the whole path, as Caddy's scgi-transport sends it",
      caddy("/app/x", "/app/x"),
      "/app/x",
    ],
    ["it is the whole path, and that is the mount", caddy("/app", "/app"), "/app"],
    ["Caddy has taken off the prefix itself (handle_path)", caddy("/app/x", "/x"), "/app/x"],
  ];
  for (const [why, variables, rest] of cases) {
    test(why, () => expect(path(variables, true)).toBe(rest));
  }

  test("but not where Caddy was told where to split the path", () => {
    const variables = { ...caddy("/app.cgi/x?y", "/app.cgi"), PATH_INFO: "/x" };
    expect(path(variables, true)).toBe("/x?y");
  });
});

/** Of the variables that Caddy's scgi-transport sends, those that are about the path. */
function caddy(uri: string, script: string): Given {
  return {
    DOCUMENT_URI: script,
    PATH_INFO: "",
    REQUEST_URI: uri,
    SCRIPT_FILENAME: `/srv/www${script}`,
    SCRIPT_NAME: script,
    SERVER_SOFTWARE: "Caddy/v2.11.2",
  };
}
