/** The URL of a request, a test for each sentence of the design. */

import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { toRequest } from "../../src/cgi/request.ts";
import type { UrlSource } from "../../src/cgi/url.ts";
import { anyText } from "../support/arbitrary-request.ts";
import { resolved } from "../support/reference-target.ts";
import { refusal } from "../support/refusal.ts";

type Given = Record<string, string>;

/** `request.url` of these variables; the host is h unless they say otherwise. */
function url(variables: Given, urlFrom?: UrlSource): string {
  return toRequest({ HTTP_HOST: "h", ...variables }, { contentLength: 0, urlFrom }).url;
}

const target = (uri: string) => url({ REQUEST_URI: uri });
const pathInfo = (variables: Given) => url({ REQUEST_URI: "/asked", ...variables }, "path-info");

describe("the scheme", () => {
  const cases: [variables: Given, scheme: string][] = [
    [{}, "http:"],
    [{ HTTPS: "on" }, "https:"],
    [{ HTTPS: "1" }, "https:"],
    [{ HTTPS: "" }, "http:"],
    [{ HTTPS: "off" }, "http:"],
    [{ REQUEST_SCHEME: "https" }, "https:"],
    [{ REQUEST_SCHEME: "http" }, "http:"],
    [{ REQUEST_SCHEME: "http", HTTPS: "on" }, "https:"],
    [{ REQUEST_SCHEME: "javascript" }, "http:"],
    [{ HTTP_X_FORWARDED_PROTO: "https" }, "http:"],
    [{ REQUEST_URI: "https://other/x" }, "http:"],
    [{ SERVER_PORT: "443" }, "http:"],
  ];
  for (const [variables, scheme] of cases) {
    test(`of ${JSON.stringify(variables)} is ${scheme}`, () => {
      expect(new URL(url(variables)).protocol).toBe(scheme);
    });
  }
});

describe("the authority", () => {
  const cases: [what: string, variables: Given, origin: string][] = [
    ["is HTTP_HOST", { HTTP_HOST: "example.com" }, "http://example.com"],
    ["is HTTP_HOST with its port", { HTTP_HOST: "example.com:8080" }, "http://example.com:8080"],
    ["leaves a default port out", { HTTP_HOST: "h:443", HTTPS: "on" }, "https://h"],
    ["is in lower case", { HTTP_HOST: "EXAMPLE.com" }, "http://example.com"],
    ["may be IPv6", { HTTP_HOST: "[::1]:81" }, "http://[::1]:81"],
    ["may be IPv4", { HTTP_HOST: "192.0.2.1:81" }, "http://192.0.2.1:81"],
    ["may hold an underscore", { HTTP_HOST: "a_b.test" }, "http://a_b.test"],
    ["may have an empty port", { HTTP_HOST: "h:" }, "http://h"],
    [
      "is HTTP_HOST and not SERVER_NAME",
      { HTTP_HOST: "a", SERVER_NAME: "b", SERVER_PORT: "81" },
      "http://a",
    ],
    ["is SERVER_NAME where the host is empty", { HTTP_HOST: "", SERVER_NAME: "s" }, "http://s"],
    [
      "is SERVER_NAME and SERVER_PORT",
      { HTTP_HOST: "", SERVER_NAME: "s", SERVER_PORT: "8080" },
      "http://s:8080",
    ],
    [
      "leaves SERVER_PORT 80 out for http",
      { HTTP_HOST: "", SERVER_NAME: "s", SERVER_PORT: "80" },
      "http://s",
    ],
    [
      "leaves SERVER_PORT 443 out for https",
      { HTTP_HOST: "", SERVER_NAME: "s", SERVER_PORT: "443", HTTPS: "on" },
      "https://s",
    ],
    [
      "keeps SERVER_PORT 443 for http",
      { HTTP_HOST: "", SERVER_NAME: "s", SERVER_PORT: "443" },
      "http://s:443",
    ],
    [
      "survives an empty SERVER_PORT",
      { HTTP_HOST: "", SERVER_NAME: "s", SERVER_PORT: "" },
      "http://s",
    ],
    [
      "puts an IPv6 SERVER_NAME into brackets",
      { HTTP_HOST: "", SERVER_NAME: "2001:db8::1", SERVER_PORT: "8080" },
      "http://[2001:db8::1]:8080",
    ],
    [
      "keeps the brackets of an IPv6 SERVER_NAME",
      { HTTP_HOST: "", SERVER_NAME: "[2001:db8::1]" },
      "http://[2001:db8::1]",
    ],
    ...[
      "*.example.test",
      "~^(www\\.)?x$",
      "a b",
      "[",
      "[::1",
      "a:b",
      "[::1]:80",
      "1.2.3.4.5",
      "xn--a b",
    ].map(
      (name): [string, Given, string] => [
        `is localhost where SERVER_NAME is ${name}`,
        { HTTP_HOST: "", SERVER_NAME: name, SERVER_PORT: "8080" },
        "http://localhost",
      ],
    ),
    [
      "leaves out a SERVER_PORT that is no port",
      { HTTP_HOST: "", SERVER_NAME: "s", SERVER_PORT: "65536" },
      "http://s",
    ],
    ["may be nginx's nameless server", { HTTP_HOST: "", SERVER_NAME: "_" }, "http://_"],
    ["is localhost where nothing names it", { HTTP_HOST: "" }, "http://localhost"],
    [
      "is localhost where both are empty",
      { HTTP_HOST: "", SERVER_NAME: "", SERVER_PORT: "8080" },
      "http://localhost",
    ],
  ];
  for (const [what, variables, origin] of cases) {
    test(what, () => expect(new URL(url(variables)).origin).toBe(origin));
  }

  test("is localhost without any variable", () => {
    expect(toRequest({}, { contentLength: 0 }).url).toBe("http://localhost/");
  });
});

describe("a host that is no plain host[:port] is refused with 400:", () => {
  const hosts = [
    "a b",
    "x/y?z",
    "foo|bar",
    "user@host",
    "user:password@host",
    "h/",
    "h?",
    "h#",
    "h\\x",
    "[bad]",
    "[::1",
    "::1",
    "[:]",
    "h:65536",
    "h:port",
    "h:80:80",
    "h:-1",
    "a%20b",
    "a%2fb",
    "h<x",
    "h^",
    "a,b",
    "a, b",
    " ",
    ":80",
    "h\r\nx",
    "h\0",
    "h\t",
    "caf\xe9.test",
    "\xc3\xa9.test",
    "256.256.256.256",
    // From Node 24 on this is one.
    ...URL.canParse("http://xn--a/") ? [] : ["xn--a"],
    "*",
  ];
  for (const host of hosts) {
    test(JSON.stringify(host), () => {
      const error = refusal(() => url({ HTTP_HOST: host }));
      expect(error).toMatchObject({ code: "HOST_INVALID", status: 400 });
      expect(error.message).toContain(JSON.stringify(host));
    });
  }

  test("and the next request is served", () => expect(url({})).toBe("http://h/"));
});

describe("the path is REQUEST_URI, taken as a path:", () => {
  const cases: [what: string, uri: string, path: string][] = [
    ["a plain one", "/a/b?c=d", "/a/b?c=d"],
    ["doubled slashes stay", "/a//b///c", "/a//b///c"],
    ["two slashes stay a path", "//", "//"],
    ["two slashes and a host stay a path", "//evil/x", "//evil/x"],
    ["three slashes stay a path", "///evil/x", "///evil/x"],
    ["encoded slashes stay encoded", "/a%2Fb%2fc", "/a%2Fb%2fc"],
    ["encoded bytes stay as they are", "/%41%c3%a9%FF", "/%41%c3%a9%FF"],
    ["a broken escape stays", "/100%?a=%zz", "/100%?a=%zz"],
    ["the authority of an absolute form is dropped", "http://evil.test:81/x?y", "/x?y"],
    ["that of a secure one too", "https://evil.test/x", "/x"],
    ["that of any scheme", "ftp+x://user@evil.test/x", "/x"],
    ["an absolute form without a path is /", "http://evil.test", "/"],
    ["an absolute form with a query alone", "http://evil.test?x=1", "/?x=1"],
    ["an absolute form with two slashes", "http://evil.test//x", "//x"],
    [
      "bytes over 0x7F are encoded one by one",
      "/\xc3\xa9\xff?\xe2\x82\xac",
      "/%C3%A9%FF?%E2%82%AC",
    ],
    ["DEL is encoded", "/a\x7f?\x7f", "/a%7F?%7F"],
    ["controls are encoded", "/a\x01\x1fb?\x02", "/a%01%1Fb?%02"],
    ["CR and LF are encoded", "/a\r\nb?c\r\nd", "/a%0D%0Ab?c%0D%0Ad"],
    ["TAB is encoded and not removed", "/a\tb?c\td", "/a%09b?c%09d"],
    ["a space is encoded", "/a b?c d", "/a%20b?c%20d"],
    ["a space at either end is encoded", "/ ", "/%20"],
    ["# ends it", "/a#b?c#d", "/a"],
    ["# ends it inside the query too", "/a?b#/../c", "/a?b"],
    ["# ends it before dot segments are resolved", "/public#/../admin", "/public"],
    ["# ends an absolute form", "http://evil.test#/x", "/"],
    ["an encoded # ends nothing", "/a%23b?c%23d", "/a%23b?c%23d"],
    ["\\ is encoded in a path, and is no slash", "/a\\..\\b?c\\d?\\", "/a%5C..%5Cb?c\\d?\\"],
    ["the query begins at the first question mark", "/a?b?c=/d?", "/a?b?c=/d?"],
    ["an encoded question mark begins none", "/a%3Fb?c", "/a%3Fb?c"],
    ["an empty query stays", "/a?", "/a?"],
    ["a target without a slash gets one", "a/b", "/a/b"],
    ["a target that is a query gets one", "?x=1", "/?x=1"],
    ["a target that looks like a port", ":80/x", "/:80/x"],
    ["a target that looks like userinfo", "@evil/x", "/@evil/x"],
    ["OPTIONS * is the path /*", "*", "/*"],
    ["dot segments are resolved", "/a/./b/../c", "/a/c"],
    ["encoded dot segments are resolved", "/a/%2e%2E/c", "/c"],
    ["dot segments never leave the root", "/../../etc/passwd", "/etc/passwd"],
    ["a scheme with one slash is no absolute form", "http:/x", "/http:/x"],
    ["CONNECT's form is a path", "host:443", "/host:443"],
  ];
  for (const [what, uri, path] of cases) {
    test(`${what}: ${JSON.stringify(uri)}`, () => expect(target(uri)).toBe(`http://h${path}`));
  }

  test("quotes and brackets are encoded as the runtime's own URL has it", () => {
    expect(target("/\"<>`{}|'?\"<>`'")).toBe(new URL("http://h/\"<>`{}|'?\"<>`'").href);
  });

  test("a missing QUERY_STRING, SERVER_PORT, SERVER_PROTOCOL and REQUEST_METHOD is survived", () => {
    expect(target("/x?y")).toBe("http://h/x?y");
  });

  test("PATH_INFO and the others do not count where it is there", () => {
    const variables = { SCRIPT_NAME: "/s", PATH_INFO: "/p", QUERY_STRING: "q", DOCUMENT_URI: "/d" };
    expect(url({ REQUEST_URI: "/asked", ...variables })).toBe("http://h/asked");
  });
});

describe("without REQUEST_URI the path is", () => {
  const cases: [what: string, variables: Given, path: string][] = [
    ["SCRIPT_NAME and PATH_INFO", { SCRIPT_NAME: "/s", PATH_INFO: "/p" }, "/s/p"],
    ["SCRIPT_NAME alone", { SCRIPT_NAME: "/s" }, "/s"],
    ["PATH_INFO alone", { SCRIPT_NAME: "", PATH_INFO: "/p" }, "/p"],
    ["those and QUERY_STRING", { SCRIPT_NAME: "/s", QUERY_STRING: "a=b?c" }, "/s?a=b?c"],
    ["those alone where QUERY_STRING is empty", { SCRIPT_NAME: "/s", QUERY_STRING: "" }, "/s"],
    ["not DOCUMENT_URI where they are there", { PATH_INFO: "/p", DOCUMENT_URI: "/d" }, "/p"],
    ["else DOCUMENT_URI", { DOCUMENT_URI: "/d" }, "/d"],
    ["else DOCUMENT_URI and QUERY_STRING", { DOCUMENT_URI: "/d", QUERY_STRING: "q" }, "/d?q"],
    ["else /", {}, "/"],
    ["else / and QUERY_STRING", { QUERY_STRING: "q" }, "/?q"],
    ["the same where REQUEST_URI is empty", { REQUEST_URI: "", PATH_INFO: "/p" }, "/p"],
    ["percent-encoded", { PATH_INFO: "/a b%41?c#d\\e" }, "/a%20b%2541%3Fc%23d%5Ce"],
    ["percent-encoded byte by byte", { PATH_INFO: "/\xc3\xa9\xff\r\n" }, "/%C3%A9%FF%0D%0A"],
    ["with its doubled slashes", { PATH_INFO: "//evil/x" }, "//evil/x"],
    ["with a slash before it", { PATH_INFO: "p" }, "/p"],
    ["with what a path may hold", { PATH_INFO: "/a-._~!$&'()*+,;=:@" }, "/a-._~!$&'()*+,;=:@"],
    [
      "with an encoded query's odd bytes",
      { PATH_INFO: "/", QUERY_STRING: "a b\\\xff%" },
      "/?a%20b\\%FF%",
    ],
    ["with the query up to its #", { PATH_INFO: "/", QUERY_STRING: "a#b" }, "/?a"],
  ];
  for (const [what, variables, path] of cases) {
    test(what, () => expect(url(variables)).toBe(`http://h${path}`));
  }
});

describe('urlFrom "path-info" builds the URL from', () => {
  test("SCRIPT_NAME, PATH_INFO and QUERY_STRING", () => {
    expect(pathInfo({ SCRIPT_NAME: "/s", PATH_INFO: "/p q", QUERY_STRING: "x=1" }))
      .toBe("http://h/s/p%20q?x=1");
  });

  test("DOCUMENT_URI and QUERY_STRING without those, as after nginx's error_page", () => {
    expect(pathInfo({ DOCUMENT_URI: "/errors/404", QUERY_STRING: "x=1" }))
      .toBe("http://h/errors/404?x=1");
  });

  test("REQUEST_URI where the web server sends none of them", () => {
    expect(pathInfo({})).toBe("http://h/asked");
  });
});

test("of any bytes of REQUEST_URI, the URL is one that no second reading changes", () => {
  fc.assert(
    fc.property(anyText(40), (uri) => {
      const href = targetUnlessRefused(uri);
      if (href === undefined) return;
      expect(new Request(href).url).toBe(href);
      expect(new URL(href).href).toBe(href);
      expect(new URL(href).host).toBe("h");
      expect(new URL(href).hash).toBe("");
    }),
    { numRuns: 2000 },
  );
});

test("of telling characters of REQUEST_URI too, and its host is never the client's", () => {
  const unit = fc.constantFrom(..."/\\.?#%:@*ahtp2eEfF \t\r\n\0\x7f\xff", "..", "://", "%2e");
  fc.assert(
    fc.property(fc.string({ unit, maxLength: 12 }), (uri) => {
      const href = targetUnlessRefused(uri);
      if (href === undefined) return;
      expect(new Request(href).url).toBe(href);
      expect(new URL(href).origin).toBe("http://h");
    }),
    { numRuns: 3000 },
  );
});

/** The URL of a target; undefined where it has two meanings. */
function targetUnlessRefused(uri: string): string | undefined {
  try {
    return target(uri);
  } catch (error) {
    expect(error).toMatchObject({ code: "TARGET_INVALID", status: 400 });
    return undefined;
  }
}

describe("a target that web servers and URLs resolve to different paths is refused:", () => {
  test.each([
    "/admin//x/../..",
    "/admin//x/%2e%2e/%2E./",
    "/admin///x/../../..",
    "/admin//./x/../..",
    "/admin/%2f/x/../..",
    "/a%2Fb/../admin",
    "/x//../admin",
    "http://h/admin//x/../..",
    "/admin//x/../..?y",
    "/admin//x/../..#y",
  ])("%s", (uri) => {
    expect(refusal(() => target(uri))).toMatchObject({ code: "TARGET_INVALID", status: 400 });
  });

  test("and behind lighttpd and Apache where its encoded slashes are part of that", () => {
    for (const SERVER_SOFTWARE of ["lighttpd/1.4.69", "Apache/2.4.71 (Debian)"]) {
      for (const REQUEST_URI of ["/admin/..%2f", "/admin/..%2F/x", "/files/..%2Fx"]) {
        expect(refusal(() => url({ SERVER_SOFTWARE, REQUEST_URI })).code).toBe("TARGET_INVALID");
      }
      for (const REQUEST_URI of ["/a//b/../c", "/a%2Fb", "/a%2Fb/./c", "/x?../%2F"]) {
        expect(url({ SERVER_SOFTWARE, REQUEST_URI })).toBe(target(REQUEST_URI));
      }
    }
  });

  test.each([
    ["/a//b", "/a//b"],
    ["/a//b/../c", "/a//c"],
    ["/a//b/./c", "/a//b/c"],
    ["/a/../b//c", "/b//c"],
    ["/files/..%2Fx", "/files/..%2Fx"],
    ["/a%2Fb/./c", "/a%2Fb/c"],
    ["/x?u=http://h/../y", "/x?u=http://h/../y"],
    ["//a/..", "//"],
  ])("and %s is not", (uri, path) => expect(target(uri)).toBe(`http://h${path}`));

  test("of any segments, an accepted one leads to where web servers see it, whatever they merge", () => {
    const segment = fc.constantFrom(
      "a",
      "b",
      "",
      ".",
      "..",
      "%2e",
      "%2E.",
      "%2f",
      "a%2Fb",
      "..%2f",
    );
    const targets = fc.array(segment, { maxLength: 8 }).map((parts) => `/${parts.join("/")}`);
    fc.assert(
      fc.property(targets, fc.boolean(), fc.boolean(), (uri, merges, decodes) => {
        const href = targetUnlessRefused(uri);
        if (href === undefined) return;
        const both = { merges: true, decodes: true };
        const told = resolved(new URL(href).pathname, both);
        expect(told).toBe(resolved(resolved(uri, { merges, decodes }), both));
      }),
      { numRuns: 5000 },
    );
  });
});

test("of any bytes of PATH_INFO, the path decodes to them, dot segments aside", () => {
  const bytes = anyText(30).filter((path) => !/(?:^|\/)\.\.?(?:\/|$)/.test(path));
  fc.assert(
    fc.property(bytes, (path) => {
      const { pathname, search } = new URL(url({ PATH_INFO: `/${path}` }));
      const decoded = pathname.replace(
        /%([0-9A-F]{2})/g,
        (_, hex: string) => String.fromCharCode(parseInt(hex, 16)),
      );
      expect(decoded).toBe(`/${path}`);
      expect(search).toBe("");
    }),
    { numRuns: 1000 },
  );
});

test("any bytes as a host are refused with 400, or are a host that a URL can have", () => {
  const host = fc.oneof(
    anyText(20),
    fc.string({ unit: fc.constantFrom(..."ab.:[]019f-_~%@/"), maxLength: 10 }),
  );
  fc.assert(
    fc.property(host, (host) => {
      try {
        const { pathname, username } = new URL(url({ HTTP_HOST: host, REQUEST_URI: "/x" }));
        expect(pathname + username).toBe("/x");
      } catch (error) {
        expect(error).toMatchObject({ code: "HOST_INVALID", status: 400 });
      }
    }),
    { numRuns: 2000 },
  );
});
