/** The URL of an HTTP request, from its target and its Host field. */

import { expect, test } from "bun:test";
import { targetUrl } from "../../src/cgi/http-target.ts";

test("the authority of a target counts, or that of Host", () => {
  for (
    const [target, host, url] of [
      ["/a/b?c", "h", "http://h/a/b?c"],
      ["/", "h:8080", "http://h:8080/"],
      ["/a?", "[::1]:80", "http://[::1]:80/a?"],
      ["//evil/x", "h", "http://h//evil/x"],
      ["/\\evil", "h", "http://h/%5Cevil"],
      ["/a#b?c", "h", "http://h/a"],
      ["/a?b#c", "h", "http://h/a?b"],
      ["/http://other/x", "h", "http://h/http://other/x"],
      ["http://other:99/p?q", "h", "http://other:99/p?q"],
      ["HTTP://Other/p", "h", "http://Other/p"],
      ["http://other", "h", "http://other/"],
      ["http://other?x=1", "h", "http://other/?x=1"],
      ["http://other#x", "h", "http://other/"],
    ] as const
  ) {
    expect(targetUrl(target, host)).toBe(url);
    expect(URL.canParse(url)).toBe(true);
  }
});

test("a host that is none makes no URL, be it that of Host or of the target", () => {
  const hosts = ["", "a b", "a/b", "a?b", "a#b", "a\\b", "u@h", "u:p@h", "h, h", "[::1", "::1"];
  // Node takes it for a host since 24.
  const punycode = URL.canParse("http://xn--a/") ? [] : ["xn--a"];
  for (const host of [...hosts, ...punycode, "h:99999", "h:x", "%41"]) {
    expect(targetUrl("/", host)).toBeUndefined();
    expect(targetUrl("http://other/", host)).toBeUndefined();
    if (!/[/?#]/.test(host)) expect(targetUrl(`http://${host}`, "h")).toBeUndefined();
  }
});

test("what is neither a path nor the URL of a host makes none", () => {
  for (const target of ["*", "", "a", "?a", "#a", "h:80", "http:/a", "http:a", "https://h/"]) {
    expect(targetUrl(target, "h")).toBeUndefined();
  }
});
