/**
 * What the code takes for granted of Request, Response and Headers. A new version of a runtime
 * that changes one of these fails here, and the name of the test says what rests on it.
 *
 * test/runtime/sockets has the same for sockets.
 */

import { Buffer } from "node:buffer";
import { describe, expect, test } from "bun:test";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { each, onBun } from "../../support/runtime.ts";

/** What an action gives, or the name of the class of what it throws. */
function outcome(action: () => unknown): unknown {
  try {
    return action();
  } catch (error) {
    return (error as Error).constructor.name;
  }
}

const method = (name: string) => outcome(() => new Request("http://h/", { method: name }).method);
const type = (response: Response) => response.headers.get("content-type");

describe("Request (cgi/request.ts)", () => {
  test("makes GET of methods that it does not know on Bun: so method is compared", () => {
    for (const name of ["foo", "PURGED", "X-Y"]) {
      expect(method(name)).toBe(each({ bun: "GET", deno: name }));
    }
  });

  test("makes PATCH of patch on Bun", () => {
    expect(method("patch")).toBe(each({ bun: "PATCH", deno: "patch" }));
  });

  test("makes capitals of the usual methods on both", () => {
    for (const name of ["get", "head", "post", "put", "delete", "options"]) {
      expect(method(name)).toBe(name.toUpperCase());
    }
  });

  test("takes TRACE and CONNECT on Bun: so they are refused by name", () => {
    for (const name of ["TRACE", "CONNECT"]) {
      expect(method(name)).toBe(each({ bun: name, deno: "TypeError" }));
    }
    expect(method("TRACK")).toBe(each({ bun: "GET", deno: "TypeError" }));
  });

  test("makes GET of what is no token on Bun: so tokens are checked first", () => {
    for (const name of ["", "G T", "GET\n"]) {
      expect(method(name)).toBe(each({ bun: "GET", deno: "TypeError" }));
    }
  });

  test("takes a body for GET on Bun alone: so it is dropped", () => {
    const made = outcome(() => new Request("http://h/", { method: "GET", body: "x" }).method);
    expect(made).toBe(each({ bun: "GET", deno: "TypeError" }));
  });

  test("throws a TypeError for a host that is none, which becomes 400", () => {
    for (const host of ["a b", "[bad]", "h:65536", "a%20b", "h<x", "256.256.256.256"]) {
      expect(outcome(() => new Request(`http://${host}/`))).toBe("TypeError");
    }
  });

  test("takes credentials in its URL: so hosts are checked by a pattern (cgi/url.ts)", () => {
    expect(new Request("http://user:pw@h/x").url).toBe("http://user:pw@h/x");
  });

  test("removes TAB, CR and LF from its URL, and takes \\ for /: so they are encoded", () => {
    expect(new Request("http://h/a\tb\r\nc").url).toBe("http://h/abc");
    expect(new Request("http://h/a\\b").url).toBe("http://h/a/b");
  });

  test("has headers that can be appended to, those that fetch forbids too", () => {
    const { headers } = new Request("http://h/");
    const names = ["host", "connection", "content-length", "transfer-encoding", "cookie", "te"];
    for (const name of names) headers.append(name, "5");
    for (const name of names) expect(headers.get(name)).toBe("5");
  });

  test("has a signal that follows the given one, in clones and copies as well", () => {
    const abort = new AbortController();
    const request = new Request("http://h/", { signal: abort.signal });
    const all = [request, request.clone(), new Request(request)];
    const reason = new Error("gone");
    abort.abort(reason);
    expect(all.map(({ signal }) => signal.reason)).toEqual([reason, reason, reason]);
  });

  test("implies no content type of a body of bytes or a stream", () => {
    for (const body of [new Uint8Array(1), new Blob(["x"]).stream()]) {
      const init = { method: "POST", body, duplex: "half" } as RequestInit;
      expect(new Request("http://h/", init).headers.has("content-type")).toBe(false);
    }
  });
});

describe("Headers", () => {
  test("join two cookies with a comma on Deno: so they are joined before (cgi/variables.ts)", () => {
    const headers = new Headers([["cookie", "a=1"], ["cookie", "b=2"]]);
    expect(headers.get("cookie")).toBe(each({ bun: "a=1; b=2", deno: "a=1, b=2" }));
  });

  test("join an empty value with a comma: so it is left out before (cgi/variables.ts)", () => {
    const headers = new Headers({ a: "" });
    headers.append("a", "x");
    expect(headers.get("a")).toBe(", x");
  });

  test("throw for NUL, CR and LF inside a value: so they become spaces (cgi/request.ts)", () => {
    for (const code of [0, 10, 13]) {
      const value = `a${String.fromCharCode(code)}b`;
      expect(outcome(() => new Headers({ a: value }))).toBe("TypeError");
    }
  });

  test("let other controls pass: so a reply is checked for them (cgi/response.ts)", () => {
    for (const value of ["a\x01b", "a\x7fb", "a\x1fb"]) {
      expect(new Headers({ a: value }).get("a")).toBe(value);
    }
  });

  test("keep latin1 unit by unit, and throw for more (cgi/request.ts, cgi/response.ts)", () => {
    const value = String.fromCharCode(...Array.from({ length: 128 }, (_, i) => 128 + i));
    expect(new Headers({ a: `x${value}x` }).get("a")).toBe(`x${value}x`);
    expect(outcome(() => new Headers({ a: "\u0100" }))).toBe("TypeError");
  });

  test("throw for a name that is no token: so such variables become none (cgi/request.ts)", () => {
    for (const name of ["", "a b", "a:", "a(", "\xe9"]) {
      expect(outcome(() => new Headers([[name, "x"]]))).toBe("TypeError");
    }
  });

  test("give each set-cookie by itself in forEach (cgi/response.ts)", () => {
    const headers = new Headers([["set-cookie", "a=1"], ["set-cookie", "b=2"]]);
    const seen: string[] = [];
    headers.forEach((value, name) => seen.push(`${name}: ${value}`));
    expect(seen).toEqual(["set-cookie: a=1", "set-cookie: b=2"]);
  });
});

describe("Response", () => {
  test("hides the type of a string on Bun: so the recording sets it (cgi/recording.ts)", () => {
    const expected = each({ bun: null, deno: "text/plain;charset=UTF-8" });
    for (const response of [new Response("x"), new Response(""), new Response("x").clone()]) {
      expect(type(response)).toBe(expected);
    }
  });

  test("tells strings and bytes apart by nothing on Bun: so it is replaced (cgi/recording.ts)", async () => {
    const [string, bytes] = [new Response("x"), new Response(new Uint8Array(1))];
    const types = [(await string.blob()).type, (await bytes.blob()).type];
    expect(types[0] === types[1]).toBe(onBun);
  });

  test("shows the types of Blobs, forms and JSON on both: so those are left alone", () => {
    expect(type(new Response(new Blob(["x"], { type: "image/png" })))).toBe("image/png");
    expect(type(new Response(new URLSearchParams()))).toMatch(/^application\/x-www-form/);
    expect(type(new Response(new FormData()))).toMatch(/^multipart\/form-data/);
    expect(type(Response.json({}))).toMatch(/^application\/json/);
  });

  test("forgets the type of a Blob on Bun once its body was touched (reply.ts)", () => {
    const response = new Response(new Blob(["x"], { type: "image/png" }));
    void response.body;
    expect(type(response)).toBe(each({ bun: null, deno: "image/png" }));
  });

  test("can be made by Reflect.construct for another class (cgi/recording.ts)", () => {
    class Page extends Response {}
    const page = Reflect.construct(Response, ["x", { status: 201 }], Page) as Response;
    expect(page).toBeInstanceOf(Page);
    expect(page.status).toBe(201);
  });

  test("takes CR LF in statusText on Bun: so it is filtered (cgi/response.ts)", () => {
    const text = (statusText: string) =>
      outcome(() => new Response(null, { statusText }).statusText);
    for (const value of ["a\r\nb", "a\0b", "a\x01b", "\u20ac"]) {
      expect(text(value)).toBe(each({ bun: value, deno: "TypeError" }));
    }
  });

  test("takes a body with 204, 205 and 304 on Bun: so it is dropped (reply.ts)", () => {
    for (const status of [204, 205, 304]) {
      const made = outcome(() => new Response("x", { status }).status);
      expect(made).toBe(onBun ? status : "TypeError");
    }
  });

  test("takes 101, and no other status below 200 or over 599 (cgi/response.ts)", () => {
    const status = (status: number) => outcome(() => new Response(null, { status }).status);
    expect(status(101)).toBe(101);
    for (const code of [0, 100, 103, 199, 600, 999]) expect(status(code)).toBe("RangeError");
    expect(Response.error().status).toBe(0);
  });

  test("has a null body for null and undefined alone (reply.ts)", () => {
    expect(new Response().body).toBeNull();
    expect(new Response(null).body).toBeNull();
    for (const body of ["", new Uint8Array(), new Blob([])]) {
      expect(new Response(body).body).not.toBeNull();
    }
  });

  test("gives a string that a stream holds as a string, so it is encoded (reply.ts)", async () => {
    const stream = new ReadableStream({ start: (controller) => controller.enqueue("é") });
    const reader = new Response(stream).body!.getReader();
    expect(await reader.read()).toEqual({ done: false, value: "é" as never });
  });

  test("that fetch() decoded still shows its coding and its url (cgi/response.ts)", async () => {
    const body = gzipSync("hello");
    const server = createServer((_, response) => {
      response.writeHead(200, { "content-encoding": "gzip", "content-length": body.length });
      response.end(body);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    expect(await response.clone().text()).toBe("hello");
    expect(response.headers.get("content-encoding")).toBe("gzip");
    expect(response.headers.get("content-length")).toBe(String(body.length));
    expect(response.url).not.toBe("");
    expect(new Response("x").url).toBe("");
    await response.body?.cancel();
    server.close();
  });

  const there: Record<string, () => Response> = {
    "a string": () => new Response("x"),
    "bytes": () => new Response(new Uint8Array(1000)),
    "a Blob": () => new Response(new Blob(["one", "two"])),
    "a form": () => new Response(new URLSearchParams({ a: "b" })),
    "form data": () => {
      const form = new FormData();
      form.set("a", "b");
      return new Response(form);
    },
    "JSON": () => Response.json({ a: 1 }),
    "a clone": () => new Response("x").clone(),
    "a wrapped body": () => new Response(new Response("x").body),
    "a stream that has ended": () =>
      new Response(
        new ReadableStream({
          start(controller) {
            controller.enqueue(new Uint8Array(1));
            controller.close();
          },
        }),
      ),
    "a transformed string": () =>
      new Response(new Response("x").body!.pipeThrough(new TransformStream())),
  };
  for (const [what, make] of Object.entries(there)) {
    test(`of ${what} is read to its end within 32 microtasks (PEEK_TURNS in reply.ts)`, async () => {
      const reader = make().body!.getReader();
      let ended = false;
      const read = async () => {
        while (!(await reader.read()).done);
        ended = true;
      };
      const reading = read();
      let turns = 0;
      while (!ended && turns < 200) {
        await null;
        turns++;
      }
      expect(turns).toBeLessThan(33);
      await reading;
    });
  }
});

test("Buffer's latin1Slice takes any array of bytes (scgi/latin1.ts)", () => {
  const slice =
    (Buffer.prototype as unknown as { latin1Slice: (from: number, to: number) => string })
      .latin1Slice;
  expect(slice.call(new Uint8Array([0, 65, 128, 255]), 1, 4)).toBe("A\x80\xff");
});
