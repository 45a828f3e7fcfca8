/** Method, headers and body of a request, a test for each sentence of the design. */

import { describe, expect, test } from "bun:test";
import { inspect } from "node:util";
import fc from "fast-check";
import {
  constructRequest,
  makeRequest,
  type RequestParts,
  toRequest,
} from "../../src/cgi/request.ts";
import { readVariables } from "../../src/cgi/variables.ts";
import { refusal } from "../support/refusal.ts";
import { onBun } from "../support/runtime.ts";
import { bytes } from "../support/wire.ts";

type Given = Record<string, string>;

/** A request of these variables at http://h/. */
function make(variables: Given, parts: Partial<RequestParts> = {}): Request {
  const { body } = parts;
  const contentLength = body instanceof Uint8Array ? body.length : 0;
  return toRequest({ HTTP_HOST: "h", ...variables }, { contentLength, ...parts });
}

const method = (name: string) => make({ REQUEST_METHOD: name }).method;

/** The headers that these variables become, those of the host aside. */
function headers(variables: Given, parts?: Partial<RequestParts>): Given {
  const { host: _, ...rest } = Object.fromEntries(make(variables, parts).headers);
  return rest;
}

test("a request is a real one: clone, new Request and instanceof work", async () => {
  const request = make({ REQUEST_METHOD: "POST" }, { body: bytes("hello") });
  expect(request).toBeInstanceOf(Request);
  expect(await request.clone().text()).toBe("hello");
  expect(await new Request(request).text()).toBe("hello");
});

test("printing a request throws nothing", () => {
  const request = make({ REQUEST_METHOD: "POST" }, { body: bytes("hello") });
  expect(inspect(request)).toContain("Request");
});

test("the signal that is given aborts the request's, its clone's and its copy's", () => {
  const abort = new AbortController();
  const request = make({}, { signal: abort.signal });
  const all = [request, request.clone(), new Request(request)];
  expect(all.map(({ signal }) => signal.aborted)).toEqual([false, false, false]);
  const reason = new Error("gone");
  abort.abort(reason);
  expect(all.map(({ signal }) => signal.reason)).toEqual([reason, reason, reason]);
});

test("the headers of a head are those of its variables, whatever it repeats", () => {
  const name = fc.constantFrom(
    ...[
      "HTTP_A",
      "HTTP_B",
      "HTTP_A_B",
      "HTTP_A-B",
      "HTTP_COOKIE",
      "HTTP_PROXY",
      "HTTP_CONTENT_TYPE",
    ],
    ...["CONTENT_TYPE", "HTTP_", "HTTP_B{", "SERVER_NAME", "REMOTE_ADDR"],
  );
  const value = fc.constantFrom("", "1", " 2 ", "a\r\nb", "\xff");
  const variables = fc.array(fc.tuple(name, value), { maxLength: 8 });
  fc.assert(
    fc.property(variables, fc.constantFrom("GET", "POST"), (variables, method) => {
      const pairs = ["REQUEST_METHOD", method, "HTTP_HOST", "h", ...variables.flat()];
      const head = { contentLength: 0, pairs };
      const read = readVariables(head);
      const fromHead = makeRequest({ ...read }, { contentLength: 0, head }, {}, constructRequest);
      expect([...fromHead.headers]).toEqual([...toRequest(read, { contentLength: 0 }).headers]);
    }),
    { numRuns: 500 },
  );
});

describe("the method", () => {
  for (
    const name of ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND", "QUERY"]
  ) {
    test(`${name} is taken`, () => expect(method(name)).toBe(name));
  }

  test("is GET where none is there", () => {
    expect(make({}).method).toBe("GET");
    expect(method("")).toBe("GET");
  });

  test("is POST where none is there but a body", () => {
    expect(make({}, { body: bytes("x") }).method).toBe("POST");
    expect(make({ REQUEST_METHOD: "" }, { body: bytes("x") }).method).toBe("POST");
  });

  for (const name of ["CONNECT", "TRACE", "TRACK", "connect", "Trace", "track"]) {
    test(`${name} cannot be a Request's, and is 501`, () => {
      const error = refusal(() => method(name));
      expect(error).toMatchObject({ code: "METHOD_UNSUPPORTED", status: 501 });
      expect(error.message).toContain(`"${name}"`);
    });
  }

  for (const name of ["get", "Post", "delete", "oPTIONS", "put", "head"]) {
    test(`${name} would be altered by every runtime, and is 501, with and without a body`, () => {
      const variables = { REQUEST_METHOD: name };
      for (const body of [null, bytes("x")]) {
        expect(refusal(() => make(variables, { body }))).toMatchObject({
          code: "METHOD_UNSUPPORTED",
          status: 501,
        });
      }
    });
  }

  for (const name of ["patch", "foo", "PURGED", "X-Y"]) {
    test(`${name} keeps its case, or is 501 where the runtime would alter it`, () => {
      const altered = new Request("http://h/", { method: name }).method !== name;
      for (const body of [null, bytes("x")]) {
        const attempt = () => make({ REQUEST_METHOD: name }, { body });
        if (altered) expect(refusal(attempt).status).toBe(501);
        else expect(attempt().method).toBe(name);
      }
    });
  }

  test("patch is taken on Deno, and 501 on Bun, which would make PATCH of it", () => {
    if (onBun) expect(refusal(() => method("patch")).status).toBe(501);
    else expect(method("patch")).toBe("patch");
  });

  for (const name of ["G T", "GET\n", "GET ", " GET", "G\0T", "G(T", "\xe9", "GET,POST"]) {
    test(`${JSON.stringify(name)} is no token, and 501`, () => {
      expect(refusal(() => method(name))).toMatchObject({
        code: "METHOD_UNSUPPORTED",
        status: 501,
      });
    });
  }
});

describe("the headers", () => {
  test("are the HTTP_ variables, in lower case with hyphens", () => {
    expect(headers({ HTTP_ACCEPT_ENCODING: "gzip", HTTP_X: "y", HTTP_UPGRADE_INSECURE: "1" }))
      .toEqual({ "accept-encoding": "gzip", x: "y", "upgrade-insecure": "1" });
  });

  test("are no other variables", () => {
    expect(headers({ REMOTE_ADDR: "::1", HTTPS: "", HTTP: "x", X_HTTP_Y: "z" })).toEqual({});
  });

  test("keep the host as it was sent", () => {
    expect(make({ HTTP_HOST: "EXAMPLE.com:80" }).headers.get("host")).toBe("EXAMPLE.com:80");
  });

  test("keep what fetch forbids in browsers", () => {
    const sent = { HTTP_COOKIE: "a=1", HTTP_ORIGIN: "http://o", HTTP_REFERER: "r", HTTP_TE: "t" };
    expect(headers(sent)).toEqual({ cookie: "a=1", origin: "http://o", referer: "r", te: "t" });
  });

  test("have cookies that came apart as one, joined with a semicolon", () => {
    const pairs = ["HTTP_COOKIE", "a=1", "HTTP_COOKIE", "b=2"];
    expect(headers(readVariables({ contentLength: 0, pairs }))).toEqual({ cookie: "a=1; b=2" });
  });

  test("have others that came apart as one, joined with a comma", () => {
    const pairs = ["HTTP_ACCEPT", "a/b", "HTTP_ACCEPT", "c/d"];
    expect(headers(readVariables({ contentLength: 0, pairs }))).toEqual({ accept: "a/b, c/d" });
  });

  test("have content-type from CONTENT_TYPE", () => {
    expect(headers({ CONTENT_TYPE: "text/plain" })).toEqual({ "content-type": "text/plain" });
  });

  test("have no content-type where CONTENT_TYPE is empty", () => {
    expect(headers({ CONTENT_TYPE: "", REQUEST_METHOD: "POST" }, { body: bytes("x") }))
      .toEqual({ "content-length": "1" });
  });

  test("have content-length with a body, from CONTENT_LENGTH", () => {
    expect(headers({ REQUEST_METHOD: "DELETE" }, { body: bytes("12345") }))
      .toEqual({ "content-length": "5" });
  });

  for (const method of ["POST", "PUT", "PATCH"]) {
    test(`have content-length 0 for a ${method} without a body`, () => {
      expect(headers({ REQUEST_METHOD: method, CONTENT_LENGTH: "0" }))
        .toEqual({ "content-length": "0" });
    });
  }

  for (const method of ["GET", "HEAD", "DELETE", "OPTIONS"]) {
    test(`have no content-length for a ${method} without a body`, () => {
      expect(headers({ REQUEST_METHOD: method, CONTENT_LENGTH: "0" })).toEqual({});
    });
  }

  test("have none from HTTP_CONTENT_TYPE, HTTP_CONTENT_LENGTH and HTTP_TRANSFER_ENCODING", () => {
    const given = {
      REQUEST_METHOD: "POST",
      HTTP_CONTENT_TYPE: "text/html",
      HTTP_CONTENT_LENGTH: "2",
      HTTP_TRANSFER_ENCODING: "chunked",
    };
    expect(headers(given, { body: bytes("hi") })).toEqual({ "content-length": "2" });
  });

  for (const name of ["HTTP_content_length", "HTTP_Transfer-Encoding", "HTTP_CONTENT-TYPE"]) {
    test(`have none from ${name}, the same in another spelling`, () => {
      expect(headers({ [name]: "7" })).toEqual({});
    });
  }

  test("have no proxy from HTTP_PROXY", () => {
    const pairs = ["HTTP_PROXY", "evil:80"];
    expect(headers(readVariables({ contentLength: 0, pairs }))).toEqual({});
  });

  for (const name of ["HTTP_", "HTTP_A B", "HTTP_A:", "HTTP_A(", "HTTP_\xe9", "HTTP_A\r\nB"]) {
    test(`have none of ${JSON.stringify(name)}, which is no token`, () => {
      expect(headers({ [name]: "x" })).toEqual({});
    });
  }

  test("have whatever is a token", () => {
    expect(headers({ "HTTP_!#$%&'*+.^`|~0": "x" })).toEqual({ "!#$%&'*+.^`|~0": "x" });
  });

  test("have none of a name over 1024 bytes, which stays a variable", () => {
    const [longest, longer] = [`HTTP_${"A".repeat(1019)}`, `HTTP_${"A".repeat(1020)}`];
    const variables = readVariables({ contentLength: 0, pairs: [longest, "x", longer, "y"] });
    expect(headers(variables)).toEqual({ ["a".repeat(1019)]: "x" });
    expect(variables[longer]).toBe("y");
  });

  test("have their names whatever others came before, often or once", () => {
    for (let turn = 0; turn < 3; turn++) {
      for (let i = 0; i < 3000; i++) {
        expect(headers({ [`HTTP_X_${i}`]: "x", HTTP_ACCEPT: "y", HTTP_: "z" }))
          .toEqual({ [`x-${i}`]: "x", accept: "y" });
      }
    }
  });

  test("have __proto__ like any other", () => {
    const variables = readVariables({ contentLength: 0, pairs: ["HTTP___PROTO__", "x"] });
    expect(make(variables).headers.get("--proto--")).toBe("x");
  });

  test("have spaces for CR, LF and NUL, so that folded lines are one", () => {
    expect(headers({ HTTP_A: "one\r\n two\0three", CONTENT_TYPE: "a\nb" }))
      .toEqual({ a: "one   two three", "content-type": "a b" });
  });

  test("have every byte of a value from 0x80 to 0xFF, one code unit each", () => {
    const value = String.fromCharCode(...Array.from({ length: 128 }, (_, i) => i + 128));
    expect(make({ HTTP_A: value }).headers.get("a")).toBe(value);
  });

  test("have other controls as they are, and empty values", () => {
    expect(headers({ HTTP_A: "a\x01\x7f\tb", HTTP_B: "" })).toEqual({ a: "a\x01\x7f\tb", b: "" });
  });

  test("can be changed, as those of a Request that a handler made itself", () => {
    const { headers } = make({});
    headers.set("x", "y");
    expect(headers.get("x")).toBe("y");
  });

  test("are the same once more: the names that are kept change nothing", () => {
    const given = { HTTP_X_ONE: "1", HTTP_CONTENT_TYPE: "t", "HTTP_A B": "x" };
    for (let i = 0; i < 3; i++) expect(headers(given)).toEqual({ "x-one": "1" });
  });

  test("are right beyond the number of names that are kept", () => {
    for (let i = 0; i < 3000; i++) {
      expect(headers({ [`HTTP_X_${i}`]: "y" })).toEqual({ [`x-${i}`]: "y" });
    }
  });
});

describe("HTTP_CONTENT_LENGTH that differs from CONTENT_LENGTH", () => {
  for (const method of ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"]) {
    test(`is 400 for ${method}, with a text that names both causes`, () => {
      const given = { REQUEST_METHOD: method, HTTP_CONTENT_LENGTH: "5" };
      const error = refusal(() => make(given));
      expect(error).toMatchObject({ code: "LENGTH_MISMATCH", status: 400 });
      expect(error.message).toContain("scgi_request_buffering off");
      expect(error.message).toContain("scgi_param CONTENT_LENGTH $content_length if_not_empty;");
      expect(error.message).toContain("auth_request");
      expect(error.message).toContain(
        'scgi_param CONTENT_LENGTH 0; scgi_param HTTP_CONTENT_LENGTH "";',
      );
    });
  }

  for (const sent of ["6", "5, 5", "+5", "5.0", "0x5", "x", " 5"]) {
    test(`is 400 as ${JSON.stringify(sent)} beside 5`, () => {
      const given = { REQUEST_METHOD: "POST", HTTP_CONTENT_LENGTH: sent };
      expect(refusal(() => make(given, { body: bytes("12345") })).status).toBe(400);
    });
  }

  for (const method of ["GET", "HEAD"]) {
    test(`is taken for ${method}, whose body is not passed on`, () => {
      expect(headers({ REQUEST_METHOD: method, HTTP_CONTENT_LENGTH: "5" })).toEqual({});
    });
  }

  test("is none where it is empty, or the same number", () => {
    for (const sent of ["", "5", "05"]) {
      const given = { REQUEST_METHOD: "POST", HTTP_CONTENT_LENGTH: sent };
      expect(headers(given, { body: bytes("12345") })).toEqual({ "content-length": "5" });
    }
  });
});

describe("the body", () => {
  test("is read as bytes", async () => {
    const request = make({ REQUEST_METHOD: "PUT" }, { body: bytes("\0\xff\x80") });
    expect(new Uint8Array(await request.arrayBuffer())).toEqual(new Uint8Array([0, 255, 128]));
  });

  test("may be a stream", async () => {
    const body = new Blob(["one", "two"]).stream();
    const request = make({ REQUEST_METHOD: "POST" }, { body, contentLength: 6 });
    expect(request.headers.get("content-length")).toBe("6");
    expect(await request.text()).toBe("onetwo");
  });

  test("implies no content type", () => {
    expect(headers({ REQUEST_METHOD: "POST" }, { body: bytes("x") }))
      .toEqual({ "content-length": "1" });
  });

  test("is null where none came", () => {
    expect(make({ REQUEST_METHOD: "POST" }).body).toBeNull();
  });

  for (const method of ["GET", "HEAD"]) {
    test(`of ${method} is dropped, and its length stays`, () => {
      const request = make({ REQUEST_METHOD: method }, { body: bytes("hello") });
      expect(request.body).toBeNull();
      expect(request.headers.get("content-length")).toBe("5");
    });
  }
});
