/** Requests whose parts are made late: nobody can tell them from those that are whole at once. */

import { describe, expect, test } from "bun:test";
import { setFlagsFromString } from "node:v8";
import { inspect } from "node:util";
import { runInNewContext } from "node:vm";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import {
  type ArrivingBody,
  type Construct,
  constructRequest as constructWhole,
  type RequestBody,
} from "../../../src/cgi/request.ts";
import { IncomingBody } from "../../../src/transport/incoming-body.ts";
import "../../../src/runtime/chosen.ts";
import { constructRequest as constructLate } from "../../../src/runtime/fetch/construct.ts";
import { type BodyRead, eachRead } from "../../support/body-reads.ts";
import { here, onBun } from "../../support/runtime.ts";
import { bytes } from "../../support/wire.ts";

/** A request that is looked at, and what aborts it. */
interface Given {
  request: Request;
  abort(reason: unknown): void;
}

/** What a look at a request gives. */
type Look = (given: Given) => unknown;

const FORM = "application/x-www-form-urlencoded";

/** A body whose second half comes later. */
function arriving(): ArrivingBody {
  const body = new IncomingBody({ length: 7, read() {}, now: () => 0 });
  body.push(bytes("a=1"));
  setTimeout(() => {
    body.push(bytes("&b=2"));
    body.complete();
  }, 1);
  return body;
}

const kinds: Record<string, { method: string; body(): RequestBody | ArrivingBody }> = {
  "without a body": { method: "GET", body: () => null },
  "of another method": { method: "DELETE", body: () => null },
  "with bytes": { method: "POST", body: () => bytes("a=1&b=2") },
  "with a stream": { method: "PUT", body: () => new Blob(["a=1&b=2"]).stream() },
  "with a body that arrives": { method: "PATCH", body: arriving },
};

function make(
  construct: Construct,
  { method, body }: typeof kinds[string],
  url = "http://h:81/p/../q?r#",
): Given {
  let controller: AbortController | undefined;
  const late = {
    get signal() {
      controller ??= new AbortController();
      return controller.signal;
    },
    adopt(made: AbortController): void {
      controller = made;
    },
    fields(add: (name: string, value: string) => void): void {
      for (const [name, value] of [["x-a", "1"], ["x-a", "2"], ["content-type", FORM]] as const) {
        add(name, value);
      }
    },
  };
  const request = construct(url, method, body(), late);
  // As a server does: its controller is there as soon as a signal was looked at.
  return {
    request,
    abort: (reason) => (controller ?? void late.signal, controller!).abort(reason),
  };
}

// The first Request of a process is whole, and a millisecond later it finds out what they are like.
make(constructLate, kinds["without a body"]!);
await new Promise((resolve) => setTimeout(resolve, 20));

/** What a look gives, or the class of what it throws. */
async function outcome(look: Look, given: Given): Promise<unknown> {
  try {
    return await look(given);
  } catch (error) {
    return `throws ${(error as Error).constructor.name}`;
  }
}

const all = (request: Request) => ({
  method: request.method,
  url: request.url,
  headers: [...request.headers],
  aborted: request.signal.aborted,
  hasBody: request.body !== null,
});
const reads = (method: BodyRead): Look => async ({ request }) => {
  const [first, used] = [
    await outcome(async () => {
      const value = await request[method]();
      if (value instanceof Blob) return [value.type, await value.text()];
      return value instanceof FormData ? [...value] : value;
    }, {} as Given),
    request.bodyUsed,
  ];
  return [first, used, await outcome(() => request.text(), {} as Given)];
};

const looks: Record<string, Look> = {
  "its class": ({ request }) => [
    request instanceof Request,
    request.constructor === Request,
    String(request),
    Object.prototype.toString.call(request),
    "headers" in request,
  ],
  "its own properties": ({ request }) => [
    Object.keys(request),
    Object.getOwnPropertyNames(request),
    JSON.stringify(request),
    { ...request },
  ],
  "all of it": ({ request }) => all(request),
  "its lesser properties": ({ request }) =>
    (["redirect", "mode", "credentials", "cache", "referrer", "integrity", "keepalive"] as const)
      .map((name) => request[name]),
  "its headers again": ({ request }) => {
    request.headers.set("x-b", "3");
    request.headers.delete("x-a");
    return [request.headers === request.headers, [...request.headers], all(request.clone())];
  },
  "its headers one by one": ({ request: { headers } }) => {
    headers.append("set-cookie", "a");
    headers.append("set-cookie", "b");
    return [
      [...headers.keys()],
      [...headers.values()],
      [...headers.entries()],
      [...new Headers(headers)],
    ];
  },
  "its headers while they change": ({ request: { headers } }) => {
    const seen: unknown[] = [];
    const other = headers.entries();
    for (const [name, value] of headers) {
      seen.push(name, value, other.next().value);
      if (seen.length > 60) break;
      headers.set("x-a", `${seen.length}`);
      if (seen.length === 3) headers.append("x-b", "new");
      // Bun's own method knows Bun's own Headers alone.
      const { set } = onBun ? headers : Headers.prototype;
      if (seen.length === 6) set.call(headers, "a-first", "moves all others");
      if (seen.length === 9) headers.delete("x-b");
    }
    return seen;
  },
  "a property that is set": ({ request }) => {
    (request as unknown as { extra: number }).extra = 1;
    return [Object.keys(request), (request as unknown as { extra: number }).extra];
  },
  "a property that cannot be set": ({ request }) => {
    (request as { method: string }).method = "PATCH";
  },
  ...eachRead(reads),
  "its text after its headers": async ({ request }) => [
    request.headers.get("x-a"),
    request.bodyUsed,
    await request.text(),
    request.bodyUsed,
    await outcome(() => request.json(), {} as Given),
  ],
  "its body after its headers": async ({ request }) => {
    const type = request.headers.get("content-type");
    const { body } = request;
    return [type, body === request.body, body && await new Response(body).text(), request.bodyUsed];
  },
  "its text after its body": async ({ request }) => {
    const reader = request.body?.getReader();
    const first = await reader?.read();
    reader?.releaseLock();
    return [first?.value?.[0], request.bodyUsed, await outcome(() => request.text(), {} as Given)];
  },
  "its text with its body locked": async ({ request }) => {
    const reader = request.body?.getReader();
    const text = await outcome(() => request.text(), {} as Given);
    return [reader === undefined, text, request.bodyUsed];
  },
  "its body after its text": async ({ request }) => {
    const text = request.text();
    const { body } = request;
    const now = [request.bodyUsed, body?.locked];
    await text;
    return [now, await outcome(() => body?.getReader().read(), {} as Given)];
  },
  "all of it after its text": async ({ request }) => [await request.text(), all(request)],
  "a copy without its body after it was read": async ({ request }) => {
    await request.text();
    const copy = new Request("http://other/", { method: "POST", headers: request.headers });
    return [all(copy), await copy.text()];
  },
  "two reads at once": ({ request }) =>
    Promise.all([1, 2].map(() => outcome(() => request.text(), {} as Given))),
  "a clone after its headers": async ({ request }) => {
    void request.headers;
    const clone = request.clone();
    return [all(clone), await request.text(), await clone.text()];
  },
  "a clone": async ({ request }) => {
    const clone = request.clone();
    return [all(clone), clone instanceof Request, await clone.text(), await request.text()];
  },
  "a clone of a clone": async ({ request }) => {
    const clone = request.clone().clone();
    return [all(clone), await clone.text()];
  },
  "a clone after it was read": async ({ request }) => {
    await request.text();
    request.clone();
  },
  "a copy": async ({ request }) => {
    const copy = new Request(request);
    return [all(copy), await copy.text()];
  },
  "the form and the Blob of a copy and of a clone": async ({ request }) => {
    const [blob, form] = [
      (body: Request | Response) => body.blob().then(async (b) => [b.type, await b.text()]),
      (body: Request | Response) => body.formData().then((form) => [...form]),
    ];
    const clones = [request.clone(), request.clone().clone(), new Request(request.clone())];
    return await Promise.all([
      ...clones.map((clone) => outcome(() => blob(clone.clone()), {} as Given)),
      ...clones.map((clone) => outcome(() => form(clone), {} as Given)),
      outcome(() => blob(new Request(request)), {} as Given),
    ]);
  },
  "the Blob of one made like it": async ({ request }) => {
    const init = onBun ? request : Object.assign(request, { duplex: "half" });
    const other = new Request("http://other/", init as RequestInit);
    const { type } = await other.blob();
    return type;
  },
  "the Blob of a Response of its body": async ({ request }) => {
    const { headers, body } = request;
    const { type } = await new Response(body, { headers }).blob();
    return type;
  },
  "a copy with other headers": ({ request }) =>
    all(new Request(request, { headers: { "x-c": "4" } })),
  "a copy with another method": ({ request }) => all(new Request(request, { method: "PATCH" })),
  "one made like it": async ({ request }) => {
    const init = onBun ? request : Object.assign(request, { duplex: "half" });
    const other = new Request("http://other/", init as RequestInit);
    return [all(other), await other.text()];
  },
  "one of a class that extends Request": ({ request }) => {
    class Own extends Request {}
    return all(new Own(request));
  },
  "through a proxy": ({ request }) => {
    const proxy = new Proxy(request, { get: (target, name) => Reflect.get(target, name) });
    return all(proxy);
  },
  "through the getters of Request": ({ request }) =>
    (["method", "url", "bodyUsed"] as const).map((name) =>
      Reflect.get(Request.prototype, name, request)
    ),
  "through the methods of Request": async ({ request }) => [
    all(Request.prototype.clone.call(request)).method,
    await Request.prototype.text.call(request),
  ],
  "printed": ({ request }) => inspect(request),
  "a structured clone": ({ request }) => void structuredClone(request),
  "its signal": ({ request, abort }) => {
    const { signal } = request;
    abort("why");
    return [signal === request.signal, signal.aborted, signal.reason];
  },
  "its signal after the abort": ({ request, abort }) => {
    abort("why");
    return [request.signal.aborted, request.signal.reason];
  },
  "the event of its signal": ({ request, abort }) => {
    let heard = 0;
    request.signal.addEventListener("abort", () => heard++);
    abort("why");
    abort("again");
    return heard;
  },
  "the signals of all that is made of it": ({ request, abort }) => {
    const made = [request.clone(), request.clone().clone(), new Request(request)];
    abort("why");
    return made.map(({ signal }) => [signal.aborted, signal.reason]);
  },
  "the signals of all that is made of it after the abort": ({ request, abort }) => {
    abort("why");
    const made = [request.clone(), request.clone().clone(), new Request(request)];
    return made.map(({ signal }) => [signal.aborted, signal.reason]);
  },
};

for (const [kind, parts] of Object.entries(kinds)) {
  describe(`a request ${kind}`, () => {
    for (const [name, look] of Object.entries(looks)) {
      test(`is as a whole one: ${name}`, async () => {
        const whole = await outcome(look, make(constructWhole, parts));
        expect(await outcome(look, make(constructLate, parts))).toEqual(whole);
      });
    }
  });
}

describe("a long text is read as that of a whole request", () => {
  const long = "0123456789abcdef".repeat(4096);
  const texts: Record<string, Uint8Array> = {
    "of ASCII": bytes(long),
    "with a character of two bytes at its end": bytes(`${long}é`),
    "with a character of four bytes inside": bytes(`${long}\u{1f600}${long}`),
    "with a byte order mark": bytes(`\ufeff${long}`),
    "with a byte that is no UTF-8": Uint8Array.of(...bytes(long), 0xff),
    "with all of ASCII": Uint8Array.from({ length: 65_536 }, (_, index) => index & 0x7f),
  };
  for (const [what, body] of Object.entries(texts)) {
    test(what, async () => {
      const parts = { method: "POST", body: () => body.slice() };
      const whole = await make(constructWhole, parts).request.text();
      expect(await make(constructLate, parts).request.text() === whole).toBe(true);
      const json = { method: "POST", body: () => bytes(JSON.stringify([whole])) };
      const [read] = await make(constructLate, json).request.json();
      expect(read === whole).toBe(true);
    });
  }
});

describe("a request that is sent with fetch()", () => {
  /** What a server of HTTP is sent, and whether the sender leaves. */
  async function sent(construct: Construct, leave: boolean): Promise<unknown> {
    const seen: unknown[] = [];
    const arrived = Promise.withResolvers<void>();
    const server = createServer(async (request, response) => {
      const { method, url, headers } = request;
      seen.push(method, url, headers["x-a"], headers["content-type"]);
      for await (const chunk of request) seen.push(String(chunk));
      arrived.resolve();
      if (!leave) response.end("hello");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const { request, abort } = make(
      construct,
      kinds["with bytes"]!,
      `http://127.0.0.1:${port}/p?q`,
    );
    const reply = fetch(request).then((reply) => reply.text(), String);
    await arrived.promise;
    if (leave) abort(new Error("gone"));
    seen.push(await reply);
    server.closeAllConnections();
    server.close();
    return seen;
  }

  test("arrives as a whole one does", async () => {
    const whole = await sent(constructWhole, false);
    expect(whole).toEqual(["POST", "/p?q", "1, 2", FORM, "a=1&b=2", "hello"]);
    expect(await sent(constructLate, false)).toEqual(whole);
  });

  test("is given up when its client leaves", async () => {
    expect(await sent(constructLate, true)).toEqual(await sent(constructWhole, true));
  });
});

test("its body is used once that of a copy is, as Fetch has it and Bun's own has not", async () => {
  const used = async (construct: Construct) => {
    const { request } = make(construct, kinds["with bytes"]!);
    await new Request(request).text();
    return request.bodyUsed;
  };
  expect(await used(constructLate)).toBe(true);
  expect(await used(constructWhole)).toBe(!onBun);
});

test("a copy after it was read is refused, as Fetch has it and Bun's own has not", async () => {
  const copy = async (construct: Construct) => {
    const { request } = make(construct, kinds["with bytes"]!);
    await request.text();
    return outcome(() => new Request(request).method, {} as Given);
  };
  expect(await copy(constructLate)).toBe("throws TypeError");
  expect(await copy(constructWhole)).toBe(onBun ? "POST" : "throws TypeError");
});

test("its headers are there for Bun's own getter once all of them were needed", () => {
  const { request } = make(constructLate, kinds["without a body"]!);
  const past = () => Reflect.get(Request.prototype, "headers", request) as Headers;
  if (!onBun) expect(past().get("x-a")).toBe("1, 2");
  expect(request.headers.get("x-a")).toBe("1, 2");
  request.headers.delete("no");
  expect(past().get("x-a")).toBe("1, 2");
});

test("and so is the type of its Blob for Bun's own method", async () => {
  const { request } = make(constructLate, kinds["with bytes"]!);
  const clone = request.clone();
  const own = (of: Request) => Request.prototype.blob.call(of);
  expect((await own(clone)).type).toBe(FORM);
  void request.headers;
  expect((await own(request)).type).toBe(FORM);
});

test("a host that is none is refused at once", () => {
  for (const url of ["http://[bad]/", "http://h:65536/"]) {
    expect(() => make(constructLate, kinds["without a body"]!, url)).toThrow(TypeError);
  }
});

describe("a collection of garbage loses no signal", () => {
  /** Collects garbage; undefined on Deno, where only a flag of the process allows it. */
  function collector(): (() => void) | undefined {
    if (onBun) return () => Bun.gc(true);
    if (here === "deno") return undefined;
    setFlagsFromString("--expose-gc");
    return runInNewContext("gc") as () => void;
  }

  const collect = collector();
  if (collect === undefined) return;

  const kept: Record<string, (request: Request) => AbortSignal> = {
    "of the request": (request) => request.signal,
    "of a clone": (request) => request.clone().signal,
    "of a clone after its signal": (request) => {
      void request.signal;
      return request.clone().signal;
    },
    "of a clone of a clone": (request) => request.clone().clone().signal,
    "of a clone whose body is read": (request) => {
      const clone = request.clone();
      void clone.text();
      return clone.signal;
    },
    "that follows that of a clone": (request) =>
      AbortSignal.any([request.clone().signal, new AbortController().signal]),
  };
  const unusual = { "of an unusual method": { method: "PROPFIND", body: () => null } };
  for (const [kind, parts] of Object.entries({ ...kinds, ...unusual })) {
    for (const [name, look] of Object.entries(kept)) {
      test(`${name} (a request ${kind})`, async () => {
        // The server keeps the request.
        const { request, abort } = make(constructLate, parts);
        const signal = look(request);
        for (let i = 0; i < 3; i++) {
          await new Promise((resolve) => setTimeout(resolve));
          collect();
        }
        abort("why");
        expect([signal.aborted, signal.reason]).toEqual([true, "why"]);
        expect(request.signal.aborted).toBe(true);
      });
    }
  }
});
