/** The recording `Response`: what it remembers, and that nobody else can tell it is there. */

import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { extname } from "node:path";
import { inspect } from "node:util";
import * as recording from "../../src/cgi/recording.ts";
import { serve } from "../../src/serve.ts";
import { serveHttp } from "../../src/sockets/http.ts";

const { recordResponses, recordedBody } = recording;
const native = Response;
const TEXT = "text/plain;charset=UTF-8";

/** What ends each recording that a test began. */
let undo: (() => void)[] = [];

function record(by = recordResponses): () => void {
  const stop = by();
  undo.push(stop);
  return stop;
}

/** Another copy of the module, as two versions of a package in one process are. */
async function copy(name: string): Promise<typeof recording> {
  return await import(`../../src/cgi/recording${extname(import.meta.url)}?${name}`);
}

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
    expect(recordedBody(response)).toBeUndefined();
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

  test("of bytes is their length", () => {
    const bytes = new Uint8Array(8);
    expect(recordedBody(new Response(bytes))).toEqual({ length: 8, blob: false });
    expect(recordedBody(new Response(bytes.subarray(2, 5)))).toEqual({ length: 3, blob: false });
    expect(recordedBody(new Response(bytes.buffer))).toEqual({ length: 8, blob: false });
    expect(recordedBody(new Response(new DataView(bytes.buffer, 1, 2))))
      .toEqual({ length: 2, blob: false });
    expect(recordedBody(new Response(new Uint16Array(3)))).toEqual({ length: 6, blob: false });
  });

  test("of a Blob is its length", () => {
    expect(recordedBody(new Response(new Blob(["héllo"])))).toEqual({ length: 6, blob: true });
  });

  test("of anything else, and of clones and copies, is nothing", () => {
    const response = new Response("x");
    for (
      const other of [
        new Response(),
        new Response(new Blob(["x"]).stream()),
        new Response(new URLSearchParams({ a: "b" })),
        new Response(new FormData()),
        new native("x"),
        response.clone(),
        new Response(response.body, response),
      ]
    ) {
      expect(recordedBody(other)).toBeUndefined();
    }
  });
});

describe("the content type that a string implies", () => {
  beforeEach(() => void record());
  const type = (response: Response) => response.headers.get("content-type");

  test("is there", () => {
    expect(type(new Response("x"))).toBe(TEXT);
    expect(type(new Response(""))).toBe(TEXT);
    expect(type(new Response("x", { headers: { a: "b" } }))).toBe(TEXT);
  });

  test("gives way to the one that is given, an empty one too", () => {
    expect(type(new Response("x", { headers: { "Content-Type": "text/html" } }))).toBe("text/html");
    expect(type(new Response("x", { headers: { "content-type": "" } }))).toBe("");
  });

  test("is kept by clones, copies and wrapped responses", () => {
    const response = new Response("x");
    expect(type(response.clone())).toBe(TEXT);
    expect(type(new Response(null, response))).toBe(TEXT);
    expect(type(new Response(response.body, response))).toBe(TEXT);
    expect(type(new Response(new Uint8Array(1), { headers: response.headers }))).toBe(TEXT);
  });

  test("can be taken off again", () => {
    const response = new Response("x");
    response.headers.delete("content-type");
    expect(type(response)).toBeNull();
  });

  test("is that of a class that extends Response too", () => {
    class Page extends Response {}
    expect(type(new Page("x"))).toBe(TEXT);
  });

  test("leaves the headers alone that it was made of", () => {
    const headers = new Headers({ a: "b" });
    new Response("x", { headers });
    expect(headers.has("content-type")).toBe(false);
  });

  test("is none of bytes, streams and Blobs without a type", () => {
    for (
      const body of [
        new Uint8Array([104, 105]),
        new Uint8Array([104, 105]).buffer,
        new DataView(new ArrayBuffer(2)),
        new Blob(["hi"]),
        new Blob(["hi"]).stream(),
        null,
      ]
    ) {
      expect(type(new Response(body))).toBeNull();
      expect(type(new Response(body).clone())).toBeNull();
    }
  });

  test("is left to the runtime for Blobs, forms and JSON", () => {
    expect(type(new Response(new Blob(["x"], { type: "image/png" })))).toBe("image/png");
    expect(type(new Response(new URLSearchParams()))).toMatch(/^application\/x-www-form-urlenc/);
    expect(type(new Response(new FormData()))).toMatch(/^multipart\/form-data; ?boundary=/);
    expect(type(Response.json({}))).toMatch(/^application\/json/);
  });

  test("is that of a number and of other values that become a string", () => {
    for (const body of [5, true, 10n] as unknown as string[]) {
      expect(type(new Response(body))).toBe(TEXT);
    }
  });
});

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
    expect(response.headers.get("content-type")).toBe(TEXT);
    expect(recordedBody(response)).toBeUndefined();
    expect(await response.text()).toBe("x");
  });
});

describe("two copies of the package", () => {
  for (const order of ["first", "last"]) {
    test(`record once, know each other's responses, and restore once both ended, the ${order} first`, async () => {
      const [one, two] = [await copy("one"), await copy("two")];
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
});

test("importing the package changes no global", async () => {
  const before = Object.getOwnPropertyNames(globalThis).sort();
  await copy("unused");
  await import("../../src/mod.ts");
  await import("../../src/protocol.ts");
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
  const at = { hostname: "127.0.0.1", port: 0 };
  const server = await serveHttp(at, () => Promise.resolve(new Response("hello")));
  const reply = await fetch(`http://127.0.0.1:${server.port}/`);
  expect(await reply.text()).toBe("hello");
  expect(reply.headers.get("content-type")).toMatch(/^text\/plain/);
  expect(reply).toBeInstanceOf(Response);
  await server.close();
});
