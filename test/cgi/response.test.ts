/** The head of a reply, a test for each sentence of the design that concerns it alone. */

import { describe, expect, test } from "bun:test";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { encodeReplyHead, type ReplyInfo } from "../../src/cgi/response.ts";
import { isDecoded } from "../../src/runtime/fetch/codings.ts";
import { refusal } from "../support/refusal.ts";
import { onBun } from "../support/runtime.ts";

/** The lines of the head of a Response to `GET http://h/dir/page`. */
function lines(response: Response, info: Partial<ReplyInfo> = {}): string[] {
  const { text } = encodeReplyHead(response, { method: "GET", url: "http://h/dir/page", ...info });
  expect(text.slice(-4)).toBe("\r\n\r\n");
  expect(text).not.toMatch(/[^\r]\n|\r[^\n]/);
  return text.slice(0, -4).split("\r\n");
}

/** The lines after the status. */
function fields(headers: HeadersInit, init: ResponseInit = {}, info?: Partial<ReplyInfo>) {
  return lines(new Response(null, { ...init, headers }), info).slice(1);
}

const status = (init: ResponseInit) => lines(new Response(null, init))[0];

describe("the status line is first, and", () => {
  test("has the reason of the status where the Response has none", () => {
    expect(status({})).toBe("Status: 200 OK");
    expect(status({ status: 404 })).toBe("Status: 404 Not Found");
    expect(status({ status: 413 })).toBe("Status: 413 Content Too Large");
    expect(status({ status: 599 })).toBe("Status: 599 Unknown");
  });

  test("has a reason for every status that a Response can have", () => {
    for (let code = 200; code < 600; code++) {
      expect(status({ status: code })).toMatch(new RegExp(`^Status: ${code} [A-Z][A-Za-z' -]+$`));
    }
  });

  test("has the Response's own where it has one", () => {
    expect(status({ status: 200, statusText: "Fine by me" })).toBe("Status: 200 Fine by me");
    expect(status({ status: 200, statusText: "caf\xe9" })).toBe("Status: 200 caf\xe9");
  });

  test("has one space before the reason, and never an empty one", () => {
    expect(status({ status: 200, statusText: "  Fine  " })).toBe("Status: 200 Fine");
    expect(status({ status: 200, statusText: "   " })).toBe("Status: 200 OK");
  });

  // Deno does not let such a Response be made; the runtime facts pin that.
  for (
    const [given, sent] of [
      ["a\r\nSet-Cookie: x=1", "a Set-Cookie: x=1"],
      ["a\0b", "a b"],
      ["a\x01\x7fb", "a b"],
      ["\u20ac5", "5"],
      ["\r\n", "OK"],
    ] as const
  ) {
    test(`${JSON.stringify(given)} cannot split it`, () => {
      const response = new Response(null);
      Object.defineProperty(response, "statusText", { value: given });
      expect(lines(response)).toEqual([`Status: 200 ${sent}`]);
      if (onBun) expect(status({ statusText: given })).toBe(`Status: 200 ${sent}`);
    });
  }

  test("is not there for 101, which an upgrade alone has", () => {
    // Node makes no such Response.
    const response = Object.defineProperty(new Response(null), "status", { value: 101 });
    const error = refusal(() => lines(response));
    expect(error).toMatchObject({ code: "RESPONSE_INVALID", status: 500 });
  });

  test("is not there for Response.error()", () => {
    expect(refusal(() => lines(Response.error()))).toMatchObject({
      code: "RESPONSE_INVALID",
      status: 500,
    });
  });
});

describe("the headers", () => {
  test("follow, each its line, latin1 as it is", () => {
    expect(fields({ b: "2", "X-A": "caf\xe9\tx" })).toEqual(["b: 2", "x-a: caf\xe9\tx"]);
  });

  test("have each cookie on its own line, those appended later too", () => {
    const response = new Response(null, {
      headers: [["set-cookie", "a=1"], ["set-cookie", "b=2"]],
    });
    response.headers.append("set-cookie", "c=3; Path=/, x");
    expect(lines(response).slice(1)).toEqual([
      "set-cookie: a=1",
      "set-cookie: b=2",
      "set-cookie: c=3; Path=/, x",
    ]);
  });

  test("have each cookie on its own line, where a middleware wraps the Response", () => {
    const inner = new Response("x", { headers: [["set-cookie", "a=1"], ["set-cookie", "b=2"]] });
    const cookies = lines(new Response(inner.body, inner)).filter((line) => /cookie/.test(line));
    expect(cookies).toEqual(["set-cookie: a=1", "set-cookie: b=2"]);
  });

  test("have the cookies that are given beside the Response after its own, and it has none", () => {
    const response = new Response(null, { headers: [["set-cookie", "a=1"], ["x-a", "1"]] });
    const info = { setCookies: ["b=2; Path=/", "a=3"] };
    for (let times = 0; times < 2; times++) {
      expect(lines(response, info).filter((line) => line.startsWith("set-cookie"))).toEqual([
        "set-cookie: a=1",
        "set-cookie: b=2; Path=/",
        "set-cookie: a=3",
      ]);
    }
    expect(response.headers.getSetCookie()).toEqual(["a=1"]);
    expect(refusal(() => lines(response, { setCookies: ["a=\r\nx: y"] })).code)
      .toBe("RESPONSE_INVALID");
  });

  test("have the type that is given where the Response has none", () => {
    const info = { type: "text/plain" };
    expect(fields({ a: "b" }, {}, info)).toEqual(["content-type: text/plain", "a: b"]);
    expect(fields({ "content-type": "" }, {}, info)).toEqual(["content-type: "]);
    expect(fields({ "content-type": "text/html" }, {}, info)).toEqual(["content-type: text/html"]);
    const response = new Response(null);
    lines(response, info);
    expect(response.headers.has("content-type")).toBe(false);
    expect(refusal(() => fields({}, {}, { type: "a\r\nx: y" })).code).toBe("RESPONSE_INVALID");
  });

  test("have no content type where the Response has none", () => {
    for (const body of [null, new Uint8Array(3), new Blob(["x"]).stream()]) {
      expect(lines(new Response(body))).toEqual(["Status: 200 OK"]);
    }
  });

  for (
    const name of [
      "Status",
      "Connection",
      "Keep-Alive",
      "Proxy-Connection",
      "Proxy-Authenticate",
      "TE",
      "Trailer",
      "Transfer-Encoding",
      "Upgrade",
    ]
  ) {
    test(`have no ${name}`, () => expect(fields({ [name]: "500 x", ok: "1" })).toEqual(["ok: 1"]));
  }

  test("have none that Connection names", () => {
    expect(
      fields({ connection: "close, X-Hop ,x-other", "x-hop": "1", "x-other": "2", "x-ok": "3" }),
    )
      .toEqual(["x-ok: 3"]);
  });

  for (const code of [1, 8, 11, 12, 0x1f, 0x7f]) {
    test(`with the control character ${code} in a value are an error`, () => {
      const value = `a${String.fromCharCode(code)}b`;
      const error = refusal(() => fields({ "x-odd": value }));
      expect(error).toMatchObject({ code: "RESPONSE_INVALID", status: 500 });
      expect(error.message).toContain("x-odd");
    });
  }

  test("with a control character in one that is left out are fine", () => {
    expect(fields({ "keep-alive": "a\x01" })).toEqual([]);
  });
});

describe("Location", () => {
  const location = (value: string, status: number) =>
    lines(new Response(null, { status, headers: { location: value } }))[1];

  test("that begins with a slash is made absolute beside 200", () => {
    expect(location("/items/1", 200)).toBe("location: http://h/items/1");
    expect(location("/a/../b?c", 200)).toBe("location: http://h/b?c");
  });

  for (const status of [201, 202, 301, 302, 303, 307, 308, 404]) {
    test(`stays as it is beside ${status}`, () => {
      expect(location("/items/1", status)).toBe("location: /items/1");
    });
  }

  test("that does not begin with a slash stays beside 200", () => {
    expect(location("items/1", 200)).toBe("location: items/1");
    expect(location("http://other/x", 200)).toBe("location: http://other/x");
  });

  test("that begins with two is made absolute as a browser reads it", () => {
    expect(location("//other/x", 200)).toBe("location: http://other/x");
  });

  test("that no URL can be made of is an error of this package, and not of another kind", () => {
    expect(refusal(() => location("//[bad", 200))).toMatchObject({
      code: "RESPONSE_INVALID",
      status: 500,
    });
  });
});

describe("Content-Length", () => {
  const length = (given: string | undefined, info: Partial<ReplyInfo>, status = 200) =>
    fields(given === undefined ? {} : { "content-length": given }, { status }, info)
      .map((line) => line.replace("content-length: ", ""));

  test("is the length of the body where that is known", () => {
    expect(length(undefined, { length: 5 })).toEqual(["5"]);
    expect(length(undefined, { length: 0 })).toEqual(["0"]);
  });

  test("is not there where it is not known", () => {
    expect(length(undefined, {})).toEqual([]);
  });

  test("given by the handler counts where the body's is not known", () => {
    expect(length("7", {})).toEqual(["7"]);
  });

  test("given by the handler is replaced where the body's is another", () => {
    expect(length("3", { length: 5 })).toEqual(["5"]);
  });

  for (const given of ["x", "-1", "+5", "5.0", "0x5", "5, 5", "", "9".repeat(20), "5 5"]) {
    test(`${JSON.stringify(given)} is no decimal: it is replaced, or left out`, () => {
      expect(length(given, { length: 5 })).toEqual(["5"]);
      expect(length(given, {})).toEqual([]);
    });
  }

  for (const status of [204, 205]) {
    test(`is never there with ${status}`, () => {
      expect(length("5", { length: 5 }, status)).toEqual([]);
      expect(length("0", {}, status)).toEqual([]);
      expect(length("5", { method: "HEAD" }, status)).toEqual([]);
    });
  }

  test("is not made up for 304, and stays where the handler gave it", () => {
    expect(length(undefined, {}, 304)).toEqual([]);
    expect(length("7", {}, 304)).toEqual(["7"]);
  });

  test("is the known one for HEAD, or the given one, or none", () => {
    expect(length(undefined, { method: "HEAD", length: 5 })).toEqual(["5"]);
    expect(length("7", { method: "HEAD" })).toEqual(["7"]);
    expect(length(undefined, { method: "HEAD" })).toEqual([]);
  });

  test("is not there where it must not be declared", () => {
    expect(length("7", { length: 7, declareLength: false })).toEqual([]);
  });

  test("is told beside the text", () => {
    const info = { method: "GET", url: "http://h/" };
    const response = new Response(null, { headers: { "content-length": "07" } });
    expect(encodeReplyHead(response, info).length).toBe(7);
    expect(encodeReplyHead(response, { ...info, length: 5 }).length).toBe(5);
    expect(encodeReplyHead(new Response(null), info).length).toBeUndefined();
  });
});

describe("an event stream", () => {
  for (const type of ["text/event-stream", "Text/Event-Stream; charset=utf-8"]) {
    test(`(${type}) gets X-Accel-Buffering: no`, () => {
      expect(fields({ "content-type": type })).toEqual([
        `content-type: ${type}`,
        "x-accel-buffering: no",
      ]);
    });
  }

  test("keeps the X-Accel-Buffering that it has", () => {
    expect(fields({ "content-type": "text/event-stream", "x-accel-buffering": "yes" }))
      .toEqual(["content-type: text/event-stream", "x-accel-buffering: yes"]);
  });

  test("and a body that leaves as it is made have it alike", () => {
    const unbuffered = { unbuffered: true };
    expect(fields({}, {}, unbuffered)).toEqual(["x-accel-buffering: no"]);
    expect(fields({ "x-accel-buffering": "yes" }, {}, unbuffered)).toEqual([
      "x-accel-buffering: yes",
    ]);
  });

  test("is nothing else", () => {
    expect(fields({ "content-type": "text/event-streams" })).toHaveLength(1);
    expect(fields({ "content-type": "text/plain" })).toHaveLength(1);
  });
});

describe("Content-Encoding and Content-Length of a Response from fetch()", () => {
  /** What `fetch()` gives of a server that sends this body under this coding. */
  async function fetched(coding: string, body: Uint8Array): Promise<Response> {
    const server = createServer((_, response) => {
      response.writeHead(200, { "content-encoding": coding, "content-length": body.length });
      response.end(body);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    try {
      const response = await fetch(`http://127.0.0.1:${port}/`);
      await response.clone().arrayBuffer();
      return response;
    } finally {
      server.close();
    }
  }

  const names = (response: Response) =>
    lines(response, { decoded: isDecoded }).map((line) => line.split(":")[0]);

  test("are left out where the runtime has decoded it", async () => {
    const response = await fetched("gzip", gzipSync("hello"));
    expect(response.headers.get("content-encoding")).toBe("gzip");
    expect(names(response)).not.toContain("content-encoding");
    expect(names(response)).not.toContain("content-length");
    expect(await response.text()).toBe("hello");
  });

  test("stay where it has not", async () => {
    const response = await fetched("identity", gzipSync("hello"));
    expect(names(response)).toContain("content-encoding");
    expect(names(response)).toContain("content-length");
  });

  test("stay on a Response that a handler encoded itself", () => {
    expect(fields({ "content-encoding": "gzip", "content-length": "9" }))
      .toEqual(["content-encoding: gzip", "content-length: 9"]);
  });
});
