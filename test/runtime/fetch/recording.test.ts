/** The recording `Response`: what it remembers, and that nobody else can tell it is there. */

import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { cpSync } from "node:fs";
import { extname, join } from "node:path";
import { inspect } from "node:util";
import type * as recordedBodies from "../../../src/runtime/fetch/recorded-body.ts";
import * as recording from "../../../src/runtime/fetch/recording.ts";
import { serve } from "../../../src/server/serve.ts";
import { recordHere } from "../../../src/runtime/chosen.ts";
import { serveHttp } from "../../../src/runtime/http/http.ts";
import { temporaryFolder } from "../../support/address.ts";
import { directStream } from "../../support/direct-stream.ts";
import { here, onBun, onDeno } from "../../support/runtime.ts";

const { recordResponses, recordedBody } = recording;
const native = Response;
const encode = (text: string) => new TextEncoder().encode(text);

/** What ends each recording that a test began. */
let undo: (() => void)[] = [];

function record(by = recordResponses): () => void {
  const stop = by();
  undo.push(stop);
  return stop;
}

/** A file of a copy of the sources, as two versions of a package in one process have it. */
async function copy<Module>(file: string): Promise<Module> {
  const folder = temporaryFolder();
  cpSync(join(import.meta.dirname, "../../../src"), folder, { recursive: true });
  return await import(join(folder, `${file}${extname(import.meta.url)}`));
}

const copyOfRecording = () => copy<typeof recording>("runtime/fetch/recording");

beforeEach(() => void (undo = []));
afterEach(() => {
  for (const stop of undo) stop();
  expect(Response).toBe(native);
});

describe("the constructor in the place of Response", () => {
  beforeEach(() => void record());

  test("makes the runtime's own responses: instanceof holds both ways", async () => {
    const response = new Response("x", { status: 201, headers: { a: "b" } });
    expect(response).toBeInstanceOf(native);
    expect(response).toBeInstanceOf(Response);
    expect(new native("x")).toBeInstanceOf(Response);
    expect(Response.json({})).toBeInstanceOf(Response);
    expect(Response.error()).toBeInstanceOf(native);
    expect(Object.getPrototypeOf(response)).toBe(native.prototype);
    expect(response.status).toBe(201);
    expect(response.headers.get("a")).toBe("b");
    expect(await response.text()).toBe("x");
  });

  test("has the name, the length and the prototype of the runtime's own", () => {
    expect(Response).not.toBe(native);
    expect(Response.name).toBe("Response");
    expect(Response.length).toBe(0);
    expect(Response.prototype).toBe(native.prototype);
    expect(Object.getPrototypeOf(Response)).toBe(native);
  });

  test("has statics with the names, lengths and flags of the runtime's own", () => {
    const flags = (constructor: typeof Response) =>
      Object.getOwnPropertyNames(constructor).sort().map((name) => {
        const { value, ...rest } = Object.getOwnPropertyDescriptor(constructor, name)!;
        const named = typeof value === "function" && [value.name, value.length];
        return [name, named, rest];
      });
    expect(flags(Response)).toEqual(flags(native));
    expect(Reflect.has(Response.json, "prototype")).toBe(Reflect.has(native.json, "prototype"));
  });

  test("has the statics of the runtime's own", () => {
    expect(Response.redirect("http://h/x", 307).headers.get("location")).toBe("http://h/x");
    expect(Response.error().type).toBe("error");
  });

  describe("makes of JSON what the runtime's own makes, and remembers its text", () => {
    const stored = new Headers({ "content-type": "a/b", c: "d" });
    const inits: Record<string, ResponseInit | undefined> = {
      "nothing": undefined,
      "an empty object": {},
      "a status": { status: 201, statusText: "Made" },
      "headers": { headers: { a: "b" } },
      "a list of headers": { headers: [["a", "b"], ["a", "c"]] },
      "a type": { status: 400, headers: { "Content-Type": "application/problem+json" } },
      "Headers": { headers: stored },
      "a Response": new native(null, { status: 202, headers: stored }),
    };
    for (const [name, init] of Object.entries(inits)) {
      test(`beside ${name}`, async () => {
        const ours = Response.json({ a: [1, "é\ud800"] }, init);
        const theirs = native.json({ a: [1, "é\ud800"] }, init);
        expect(recordedBody(ours)).toBe('{"a":[1,"é\\ud800"]}');
        expect(ours.status).toBe(theirs.status);
        expect(ours.statusText).toBe(theirs.statusText);
        expect([...ours.headers]).toEqual([...theirs.headers]);
        expect(ours).toBeInstanceOf(native);
        expect((await ours.clone().blob()).type).toBe((await theirs.clone().blob()).type);
        expect(await ours.json()).toEqual(await theirs.json());
      });
    }

    const refused: Record<string, [unknown, unknown?]> = {
      "undefined": [undefined],
      "a function": [() => {}],
      "a bigint": [1n],
      "a status that is none": [1, { status: 1000 }],
      "a header that is none": [1, { headers: { "a b": "c" } }],
    };
    for (const [name, args] of Object.entries(refused)) {
      test(`and refuses ${name} as it does`, () => {
        const [ours, theirs] = [Response, native].map(({ json }) => {
          try {
            json(...args as Parameters<typeof json>);
          } catch (error) {
            return (error as Error).name;
          }
        });
        expect(typeof ours).toBe("string");
        expect(ours).toBe(theirs!);
      });
    }

    test("and takes an init that the runtime takes, or not", () => {
      for (const init of [null, 404, "x"] as unknown as ResponseInit[]) {
        const [ours, theirs] = [Response, native].map(({ json }) => {
          try {
            return json(1, init).status;
          } catch (error) {
            return (error as Error).name;
          }
        });
        expect(ours).toBe(theirs!);
      }
    });
  });

  test("throws without new, and for what the runtime refuses", () => {
    const call = Response as unknown as () => Response;
    expect(() => call()).toThrow(TypeError);
    expect(() => new Response("", { status: 1000 })).toThrow(RangeError);
    expect(() => new Response("", { headers: { "a b": "c" } })).toThrow(TypeError);
  });

  test("takes no arguments, null and undefined", () => {
    expect(new Response().body).toBeNull();
    expect(new Response(null).body).toBeNull();
    expect(new Response(undefined, undefined).status).toBe(200);
  });

  test("throws nothing when one is printed", () => {
    expect(inspect(new Response("x"))).toContain("Response");
    expect(typeof inspect(Response)).toBe("string");
  });

  test("can be extended, and the class makes its own, with a type and a body", async () => {
    class Page extends Response {
      readonly title: string;
      constructor(title: string) {
        super(`<h1>${title}</h1>`, { headers: { "content-type": "text/html" } });
        this.title = title;
      }
    }
    const page = new Page("Hi");
    expect(page).toBeInstanceOf(Page);
    expect(page).toBeInstanceOf(Response);
    expect(page).toBeInstanceOf(native);
    expect(page.title).toBe("Hi");
    expect(recordedBody(page)).toBe("<h1>Hi</h1>");
    expect(await page.text()).toBe("<h1>Hi</h1>");
  });
});

describe("a class that extends Response", () => {
  class Early extends native {}

  test("before the recording still passes instanceof, and works", async () => {
    record();
    const response = new Early("x");
    expect(response).toBeInstanceOf(Response);
    expect(response).toBeInstanceOf(Early);
    expect(recordedBody(response)).not.toBe("x");
    expect(await response.text()).toBe("x");
  });

  test("during the recording still works after it, and in the next one", async () => {
    const stop = record();
    class Late extends Response {}
    stop();
    const after = new Late("x", { status: 201 });
    expect(after).toBeInstanceOf(Response);
    expect(after.status).toBe(201);
    record();
    const again = new Late("y");
    expect(again).toBeInstanceOf(Response);
    expect(again).toBeInstanceOf(Late);
    expect(await after.text() + await again.text()).toBe("xy");
  });
});

describe("what is remembered", () => {
  beforeEach(() => void record());

  test("of a string is the string", () => {
    expect(recordedBody(new Response("héllo"))).toBe("héllo");
    expect(recordedBody(new Response(""))).toBe("");
  });

  test("of numbers and truth values is the string that the runtime makes", () => {
    for (const body of [5, true, 10n, NaN]) {
      expect(recordedBody(new Response(body as unknown as string))).toBe(String(body));
    }
  });

  test("of bytes is their length, whatever their class says", () => {
    class Lying extends Uint8Array<ArrayBuffer> {
      override get length() {
        return 100;
      }
      override get byteLength() {
        return 100;
      }
    }
    const bytes = new Uint8Array(8);
    const lying = Object.defineProperty(new Uint8Array(3), "byteLength", { value: 100 });
    const arrays: [body: BodyInit, length: number][] = [
      [bytes, 8],
      [bytes.subarray(2, 5), 3],
      [bytes.buffer, 8],
      [new DataView(bytes.buffer, 1, 2), 2],
      [new Uint16Array(3), 6],
      ...(onBun ? [[new Lying(new ArrayBuffer(2)), 2], [lying, 3]] as [BodyInit, number][] : []),
    ];
    for (const [body, length] of arrays) {
      expect(recordedBody(new Response(body))).toEqual({ kind: "bytes", length });
    }
  });

  test("of a Blob is the Blob", () => {
    const blob = new Blob(["héllo"]);
    expect(recordedBody(new Response(blob))).toEqual({ kind: "blob", blob });
  });

  test("of anything else is no string, and no size", () => {
    const response = new Response("x");
    for (
      const other of [
        new Response(),
        new Response(new Blob(["x"]).stream()),
        new Response(new URLSearchParams({ a: "b" })),
        new Response(new FormData()),
        new Response({ toString: () => "x" } as unknown as string),
        new Response(new String("x") as string),
        new Response(async function* () {} as unknown as string),
        new native("x"),
        response.clone(),
        new Response(response.body, response),
      ]
    ) {
      const recorded = recordedBody(other);
      expect(typeof recorded).toBe("object");
      expect(["stream", "other"]).toContain((recorded as { kind: string }).kind);
    }
  });
});

/** What was called of a body and of an init, in its order. */
class Calls {
  readonly names: string[] = [];

  /** Options whose reading is noted. */
  init(): ResponseInit {
    const { names } = this;
    return {
      get status() {
        names.push("status");
        return 201;
      },
      get statusText() {
        names.push("statusText");
        return "Made";
      },
      get headers() {
        names.push("headers");
        return { "x-own": "1" };
      },
    };
  }

  /** An object whose every use is noted. */
  body(): object {
    const noted = (name: string | symbol) => void this.names.push(String(name));
    return new Proxy({ toString: () => "a text" }, {
      get: (target, name) => (noted(name), Reflect.get(target, name)),
      has: (target, name) => (noted(name), Reflect.has(target, name)),
    });
  }
}

type Make = (constructor: typeof Response, calls: Calls) => unknown;

const stream = () =>
  new ReadableStream({
    start(controller) {
      controller.enqueue(encode("a stream"));
      controller.close();
    },
  });
const form = () => {
  const form = new FormData();
  form.set("a", "b");
  return form;
};
const search = () => new URLSearchParams({ a: "b" });
const image = () => new Blob(["a Blob"], { type: "image/png" });
async function* generate() {
  yield encode("made");
}

/** Bodies of every kind, those too that no type allows. */
const bodies: Record<string, () => unknown> = {
  "nothing": () => undefined,
  "null": () => null,
  "a string": () => "é\ud800",
  "an empty string": () => "",
  "a number": () => 5,
  "a truth value": () => false,
  "a bigint": () => 10n,
  "a symbol": () => Symbol("x"),
  "a String": () => new String("boxed"),
  "a list": () => ["a", "b"],
  "an object": () => ({ a: 1 }),
  "an object without a prototype": () => Object.create(null),
  "a Date": () => new Date(0),
  "a URL": () => new URL("http://h/x"),
  "a function": () => () => "x",
  "an asynchronous generator function": () => generate,
  "an asynchronous generator": () => generate(),
  "an object that can be iterated": () => ({ [Symbol.asyncIterator]: generate }),
  "a generator function": () =>
    function* () {
      yield "x";
    },
  "bytes": () => encode("bytes"),
  "no bytes": () => new Uint8Array(),
  "a buffer": () => encode("buffer").buffer,
  "a part of a buffer": () => new DataView(encode("buffer").buffer, 1, 2),
  "a shared buffer": () => new SharedArrayBuffer(3),
  "bytes that may grow": () => new Uint8Array(new ArrayBuffer(3, { maxByteLength: 9 } as never)),
  "a Blob": () => new Blob(["a Blob"]),
  "a Blob with a type": image,
  "a part of a Blob": () => new Blob(["a Blob"]).slice(2, 4),
  "a File": () => new File(["a File"], "name.txt"),
  "a form": search,
  "a stream": stream,
  "a stream that is locked": () => {
    const locked = stream();
    locked.getReader();
    return locked;
  },
  "a Response": () => new native("inner"),
  "a proxy of a Blob": () => new Proxy(new Blob(["x"]), {}),
  "a proxy of bytes": () => new Proxy(encode("x"), {}),
  "a revoked proxy": () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    return proxy;
  },
  ...onBun && {
    "a form with parts": form,
    "a direct stream": () => directStream("direct"),
    "a file": () => Bun.file(import.meta.path),
    "a part of a file": () => Bun.file(import.meta.path).slice(1, 5),
    "a file that is not there": () => Bun.file("/nothing/here"),
  },
};

const inits: Record<string, () => unknown> = {
  "nothing": () => undefined,
  "null": () => null,
  "a number": () => 5,
  "headers": () => ({ status: 201, statusText: "Made", headers: { a: "b" } }),
  "a type": () => ({ headers: { "Content-Type": "text/html" } }),
  "an empty type": () => ({ headers: { "content-type": "" } }),
  "pairs": () => ({ headers: [["set-cookie", "a=1"], ["set-cookie", "b=2"]] }),
  "Headers": () => ({ headers: new Headers({ a: "b" }) }),
  "a Map": () => ({ headers: new Map([["a", "b"]]) }),
  "a Response": () => new native("x", { status: 202, headers: { a: "b" } }),
  "an object that inherits": () => Object.create({ status: 203 }),
  "a status without a body": () => ({ status: 204 }),
  "a status that is none": () => ({ status: 1000 }),
  "a header that is none": () => ({ headers: { "a b": "c" } }),
};

/** How Responses come to be. */
const makes: Record<string, Make> = {
  ...named(bodies, (body) => (Own) => new Own(body() as string)),
  ...named(inits, (init) => (Own) => new Own("a string", init() as ResponseInit), "a string and "),
  ...named(inits, (init) => (Own) => new Own(encode("x"), init() as ResponseInit), "bytes and "),
  "the getters of an init": (Own, calls) => new Own("x", calls.init()),
  "the getters of an init, beside bytes": (Own, calls) => new Own(encode("x"), calls.init()),
  "the uses of a body": (Own, calls) => new Own(calls.body() as unknown as string, calls.init()),
  "a class that extends it": (Own) => new class extends Own {}("of a class"),
  "Reflect.construct": (Own) => Reflect.construct(Own, ["x", { status: 201 }]),
  "no arguments": (Own) => new Own(),
  "a call without new": (Own) => (Own as unknown as () => Response)(),
  "a clone": (Own) => new Own("x").clone(),
  "a clone of a form": (Own) => new Own(search()).clone(),
  "a copy": (Own) => copyOf(Own, new Own("x", { headers: { a: "b" } })),
  "a copy of a form": (Own) => copyOf(Own, new Own(search())),
  "a copy of a Blob": (Own) => copyOf(Own, new Own(image())),
  "one without the body": (Own) => new Own(null, new Own("x", { headers: { a: "b" } })),
  "one with the headers": (Own) => new Own(encode("x"), { headers: new Own("x").headers }),
  "one whose body was looked at": (Own) => looked(new Own("x")),
  "a Blob whose body was looked at": (Own) => looked(new Own(image())),
  "a form whose body was looked at": (Own) => looked(new Own(search())),
  "a type that was taken off": (Own) => changed(new Own("x"), (h) => h.delete("content-type")),
  "a type that was set": (Own) => changed(new Own("x"), (h) => h.set("content-type", "a/b")),
  "a type that was added": (Own) => changed(new Own("x"), (h) => h.append("content-type", "a/b")),
  "JSON": (Own) => Own.json({ a: [1, "é\ud800"] }),
  "JSON of no arguments": (Own) => (Own.json as () => Response)(),
  ...named(
    {
      "nothing": () => undefined,
      "null": () => null,
      "a text": () => "x",
      "a number": () => 5,
      "a function": () => () => {},
      "a symbol": () => Symbol("x"),
      "a bigint": () => 1n,
      "an object with a bigint": () => ({ a: 1n }),
      "an object that becomes nothing": () => ({ toJSON: () => undefined }),
      "an object in itself": () => {
        const object: Record<string, unknown> = {};
        return object.self = object;
      },
    },
    (data) => (Own) => Own.json(data()),
    "JSON of ",
  ),
  ...named(inits, (init) => (Own) => Own.json({ a: 1 }, init() as ResponseInit), "JSON and "),
  "the uses of JSON": (Own, calls) =>
    Own.json({
      toJSON: (key: string) => {
        calls.names.push(`toJSON of ${JSON.stringify(key)}`);
        return { a: { toJSON: () => void calls.names.push("inner") } };
      },
    }, calls.init()),
  "JSON that fails": (Own, calls) =>
    Own.json({
      toJSON() {
        calls.names.push("toJSON");
        throw new RangeError("no JSON");
      },
    }, calls.init()),
  "JSON of a class": (Own) => (class extends Own {}).json({}),
  "json by itself": ({ json }) => json({ a: 1 }, { status: 201 }),
  "a redirect": (Own) => Own.redirect("http://h/x", 307),
  "an error": (Own) => Own.error(),
};

function named<T>(
  table: Record<string, T>,
  make: (value: T) => Make,
  before = "",
): Record<string, Make> {
  return Object.fromEntries(
    Object.entries(table).map(([name, value]) => [before + name, make(value)]),
  );
}

function copyOf(constructor: typeof Response, response: Response): Response {
  return new constructor(response.body, response);
}

function looked(response: Response): Response {
  void response.body;
  return response;
}

function changed(response: Response, change: (headers: Headers) => void): Response {
  change(response.headers);
  return response;
}

/** What an app can see of a Response. */
const looks: Record<string, (response: Response) => unknown> = {
  "its headers": ({ headers }) => [
    [...headers],
    headers.has("content-type"),
    headers.get("content-type"),
    headers.getSetCookie(),
    [...new Headers(headers)],
  ],
  "itself": (response) => [
    response instanceof native,
    response.status,
    response.statusText,
    response.ok,
    response.type,
    response.url,
    response.bodyUsed,
    response.body === null,
    Object.getOwnPropertyNames(response),
    Object.getOwnPropertySymbols(response).length,
    Object.prototype.toString.call(response),
  ],
  "what is printed": (response) => inspect(response, { depth: 4 }),
  "its text": (response) => response.text(),
  "its Blob": async (response) => {
    const blob = await response.blob();
    return [blob.type, blob.size];
  },
  "its headers after its body": (response) => [response.body === null, [...response.headers]],
  "its clone": async (response) => {
    const clone = response.clone();
    return [[...clone.headers], await clone.text(), [...response.headers], await response.text()];
  },
  "its copy": async (response) => {
    const copy = new native(response.body, response);
    return [[...copy.headers], await copy.text()];
  },
  "structuredClone": (response) => Object.keys(structuredClone(response)),
};

/** What is seen, or what is thrown; boundaries are made up anew each time. */
async function seen(look: () => unknown): Promise<unknown> {
  try {
    return JSON.stringify(await look(), (_, value) => value === undefined ? "undefined" : value)
      .replace(/(?:-{4}(?:WebKit)?FormBoundary|-{4}formdata-\w+-)[\w-]+/gi, "a boundary");
  } catch (error) {
    const { name, message } = error as Error;
    return `${name}: ${message.split("\n")[0]}`;
  }
}

for (const [by, how] of [["", recordResponses], [", as servers do", recordHere]] as const) {
  // Node prints the name of their class.
  const hidden = here === "node" && how === recordHere ? ["what is printed"] : [];
  describe(`nobody can tell it${by}, by`, () => {
    for (const [name, make] of Object.entries(makes)) {
      test(name, async () => {
        record(how);
        const recording = Response;
        for (const [what, look] of Object.entries(looks)) {
          const results = [];
          for (const constructor of [native, recording]) {
            const calls = new Calls();
            const result = await seen(() => {
              const response = make(constructor, calls) as Response;
              return hidden.includes(what) ? undefined : look(response);
            });
            results.push([what, calls.names, result]);
          }
          expect(results[1]).toEqual(results[0]!);
        }
      });
    }
  });
}

describe("the end of the recording", () => {
  test("puts the runtime's own back", () => {
    const stop = record();
    expect(Response).not.toBe(native);
    stop();
    expect(Response).toBe(native);
  });

  test("comes with the last user, whatever the order, and counts each once", () => {
    const [first, second] = [record(), record()];
    first();
    first();
    expect(Response).not.toBe(native);
    second();
    expect(Response).toBe(native);
    const again = record();
    first();
    expect(Response).not.toBe(native);
    again();
  });

  test("leaves alone what somebody else has put there", () => {
    const stop = record();
    const theirs = class extends Response {};
    globalThis.Response = theirs;
    stop();
    expect(Response).toBe(theirs);
    globalThis.Response = native;
  });

  test("leaves responses that were made during it as they are", async () => {
    const stop = record();
    const response = new Response("x");
    stop();
    expect(response).toBeInstanceOf(Response);
    expect([...response.headers]).toEqual([...new Response("x").headers]);
    expect(recordedBody(response)).toBeUndefined();
    expect(await response.text()).toBe("x");
  });
});

describe("two copies of the package", () => {
  for (const order of ["first", "last"]) {
    test(`record once, know each other's responses, and restore once both ended, the ${order} first`, async () => {
      const [one, two] = await Promise.all([copyOfRecording(), copyOfRecording()]);
      expect(one.recordResponses).not.toBe(two.recordResponses);
      const stops = [record(one.recordResponses)];
      const shared = Response;
      stops.push(record(two.recordResponses));
      expect(Response).toBe(shared);
      const response = new Response("x");
      expect(one.recordedBody(response)).toBe("x");
      expect(two.recordedBody(response)).toBe("x");
      if (order === "last") stops.reverse();
      stops[0]!();
      expect(Response).toBe(shared);
      expect(two.recordedBody(new Response("y"))).toBe("y");
      stops[1]!();
      expect(Response).toBe(native);
    });
  }

  test("know of each other's records which Response was not recorded", async () => {
    const file = "runtime/fetch/recorded-body";
    const [one, two] = await Promise.all([
      copy<typeof recordedBodies>(file),
      copy<typeof recordedBodies>(file),
    ]);
    expect(one.isRecorded(two.Recorded.read(new native("x")))).toBe(false);
    expect(one.isRecorded(two.recordOf(new FormData(), undefined))).toBe(true);
  });
});

test("importing the package changes no global", async () => {
  const before = Object.getOwnPropertyNames(globalThis).sort();
  await copyOfRecording();
  await import("../../../src/mod.ts");
  await import("../../../src/protocol.ts");
  expect(Object.getOwnPropertyNames(globalThis).sort()).toEqual(before);
  expect(Response).toBe(native);
});

describe("serve()", () => {
  const app = () => new Response("x");

  test("records from its call on, and the last shutdown() puts the runtime's own back", async () => {
    const servers = [serve(app, { port: 0 }), serve(app, { port: 0 })];
    expect(Response).not.toBe(native);
    await Promise.all(servers.map(({ ready }) => ready));
    await servers[0]!.shutdown();
    expect(Response).not.toBe(native);
    await servers[1]!.shutdown();
    expect(Response).toBe(native);
  });

  test("leaves Response alone with recordResponses: false", async () => {
    const server = serve(app, { port: 0, recordResponses: false });
    expect(Response).toBe(native);
    await server.ready;
    await server.shutdown();
  });

  test("puts the runtime's own back where it cannot start", async () => {
    const first = serve(app, { port: 0, recordResponses: false });
    await first.ready;
    const { port } = first.addr as { port: number };
    const second = serve(app, { port });
    await expect(second.ready).rejects.toThrow("another program listens there");
    expect(Response).toBe(native);
    expect(() => serve(app, { port: -1 })).toThrow("port");
    expect(Response).toBe(native);
    await first.shutdown();
  });
});

test("a server of the runtime in the same process answers with recorded responses", async () => {
  record();
  await using server = await ownServer(() => new Response("hello"));
  const reply = await fetch(`http://127.0.0.1:${server.port}/`);
  expect(await reply.text()).toBe("hello");
  expect(reply.headers.get("content-type")).toMatch(/^text\/plain/);
  expect(reply).toBeInstanceOf(Response);
});

/** Responses that servers have made at less cost. */
const cheap: Record<string, () => Response> = {
  "a text beside a status": () => new Response("text", { status: 404 }),
  "a text beside headers": () => new Response("text", { headers: { "x-a": "b", "x-c": "d" } }),
  "JSON": () => Response.json({ a: 1 }),
  "few bytes": () => new Response(new Uint8Array(100).fill(7)),
  "many bytes, changed afterwards": () => {
    const bytes = new Uint8Array(600_000).fill(7);
    const response = new Response(bytes, { headers: { "x-a": "b" } });
    bytes.fill(8);
    return response;
  },
  "a clone of many bytes": () => new Response(new Uint8Array(600_000).fill(7)).clone(),
};

for (const [name, make] of Object.entries(cheap)) {
  test(`a server of the runtime answers with ${name}, as without the recording`, async () => {
    const answer = async () => {
      await using server = await ownServer(make);
      const reply = await fetch(`http://127.0.0.1:${server.port}/`);
      const { date: _, ...headers } = Object.fromEntries(reply.headers);
      return { status: reply.status, headers, body: await reply.text() };
    };
    const expected = await answer();
    record(recordHere);
    expect(await answer()).toEqual(expected);
  });
}

/** The runtime's own HTTP server; Node has none for fetch handlers. */
async function ownServer(fetch: () => Response): Promise<AsyncDisposable & { port: number }> {
  const at = { hostname: "127.0.0.1", port: 0 };
  if (onBun) {
    const server = Bun.serve({ ...at, fetch });
    return { port: server.port!, [Symbol.asyncDispose]: () => server.stop(true) };
  }
  if (onDeno) {
    // deno-lint-ignore no-explicit-any
    const { Deno } = globalThis as any;
    const server = Deno.serve({ ...at, onListen() {} }, fetch);
    return { port: server.addr.port, [Symbol.asyncDispose]: () => server.shutdown() };
  }
  const server = await serveHttp(at, () => Promise.resolve(fetch()));
  return { port: server.port, [Symbol.asyncDispose]: () => server.close() };
}
