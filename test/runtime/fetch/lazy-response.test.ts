/**
 * Responses that are made late, as on Node, beside those of the runtime's own constructor: nobody can
 * tell. test/other-runtimes/ runs this on Node and on Deno.
 */

import { describe, expect, test } from "bun:test";
import { inspect } from "node:util";
import { recordHere } from "../../../src/runtime/chosen.ts";
import { lazyResponseOf, lazyResponses } from "../../../src/runtime/fetch/lazy-response.ts";
import { release } from "../../../src/runtime/fetch/snapshot.ts";
import { latin1, utf8Bytes } from "../../../src/scgi/latin1.ts";
import { type BodyRead, eachRead } from "../../support/body-reads.ts";
import { onBun } from "../../support/runtime.ts";

const native = Response;
const late = lazyResponses(native);
const FORM = "application/x-www-form-urlencoded";

/** What a Response is made of. */
const kinds: Record<string, [body: string, init?: ResponseInit]> = {
  "a text": ["a=1&ü"],
  "an empty text": [""],
  "a text after a byte order mark": ["\ufeff{}"],
  "a text with a type": ["a=1&b=2", { headers: { "content-type": FORM } }],
  "a JSON text": ['{"a":[1]}', { status: 201, statusText: "Made", headers: { "x-a": "1" } }],
  "a text of an error": ["no", {
    status: 404,
    headers: [["set-cookie", "a"], ["set-cookie", "b"]],
  }],
};

type Look = (response: Response) => unknown;

const all = (response: Response) => ({
  status: response.status,
  statusText: response.statusText,
  ok: response.ok,
  type: response.type,
  url: response.url,
  redirected: response.redirected,
  headers: [...response.headers],
  cookies: response.headers.getSetCookie(),
  hasBody: response.body !== null,
  used: response.bodyUsed,
});

async function settled(action: () => unknown): Promise<unknown> {
  try {
    const value = await action();
    if (value instanceof Blob) return [value.type.replaceAll(" ", ""), await value.text()];
    if (value instanceof FormData) return [...value];
    return value instanceof ArrayBuffer ? new Uint8Array(value) : value;
  } catch (error) {
    return `throws ${(error as Error).name}`;
  }
}

const reads = (name: BodyRead): Look => async (response) => {
  const first = await settled(() => response[name]());
  return [first, response.bodyUsed, await settled(() => response.text())];
};

const looks: Record<string, Look> = {
  "its class": (response) => [
    response instanceof Response,
    response.constructor === native,
    Object.prototype.toString.call(response),
    String(response),
  ],
  "its own properties": (response) => [Object.keys(response), { ...response }],
  "all of it": all,
  "what is printed of it": (response) => inspect(response).replace(/^\w*/, ""),
  ...eachRead(reads),
  "its stream": async ({ body }) => await new native(body).text(),
  "the same stream": (response) => response.body === response.body,
  "a stream that is cancelled": async (response) => {
    await response.body!.cancel();
    return [response.bodyUsed, await settled(() => response.text())];
  },
  "a clone": async (response) => {
    const clone = response.clone();
    return [all(clone), await clone.text(), response.bodyUsed, await response.text()];
  },
  "a clone after it was read": async (response) => {
    await response.text();
    return await settled(() => response.clone());
  },
  "another one made of it": async (response) => {
    const other = new native(response.body, response);
    return [all(other), await other.text()];
  },
  "a Blob once its type has changed": async (response) => {
    response.headers.set("content-type", "text/x-other");
    return await settled(() => response.blob());
  },
  "a Blob once its type is gone": async (response) => {
    response.headers.delete("content-type");
    return (await response.blob()).size;
  },
};

// Bun keeps the type of a text to itself, so there they could be told.
if (onBun) {
  test("none is made late on Bun", async () => {
    const stop = recordHere();
    const response = new Response("text");
    stop();
    expect(await native.prototype.text.call(response)).toBe("text");
    expect(response.constructor).toBe(native);
  });
} else {
  const arrays: Record<string, BodyInit> = {
    "a part of bytes": utf8Bytes("of a longer text").subarray(3, 7) as BodyInit,
    "no bytes": new Uint8Array(),
    "a buffer": utf8Bytes('{"a":[1]}').slice().buffer as ArrayBuffer,
    "bytes of several pieces": new Uint8Array(600_000).fill(65),
  };
  for (const [kind, bytes] of Object.entries(arrays)) {
    describe(`${kind}, made late`, () => {
      for (const [name, look] of Object.entries(looks)) {
        test(`is as made at once: ${name}`, async () => {
          const made = await settled(() => look(new native(bytes)));
          expect(await settled(() => look(late(bytes)))).toEqual(made);
        });
      }
    });
  }

  for (const [kind, [body, init]] of Object.entries(kinds)) {
    const bytes = new TextEncoder().encode(body);
    const pairs: Record<string, [atOnce: () => Response, late: () => Response]> = {
      [kind]: [() => new native(body, init), () => late(body, init)],
      [`bytes in the place of ${kind}`]: [
        () => new native(bytes, init),
        () => lazyResponseOf(bytes.slice(), init ?? {}),
      ],
      [`a copy of the bytes of ${kind}`]: [
        () => new native(bytes, init),
        () => late(bytes, init),
      ],
    };
    for (const [title, [makeAtOnce, makeLate]] of Object.entries(pairs)) {
      describe(`${title}, made late`, () => {
        for (const [name, look] of Object.entries(looks)) {
          test(`is as made at once: ${name}`, async () => {
            const made = await settled(() => look(makeAtOnce()));
            expect(await settled(() => look(makeLate()))).toEqual(made);
          });
        }
      });
    }
  }

  test("bytes are those of the class that stands in the place of the runtime's", async () => {
    const own = class extends native {};
    globalThis.Response = own;
    const response = lazyResponseOf(new Uint8Array([65]), {});
    globalThis.Response = native;
    expect([response instanceof own, await response.text()]).toEqual([true, "A"]);
  });

  test("what the constructor refuses, and what is no text, is the constructor's", () => {
    for (const status of [204, 205, 304, 99, 600, NaN]) {
      expect(() => late("text", { status })).toThrow();
    }
    expect(() => late("text", { headers: { "a b": "c" } })).toThrow();
    expect(late(null).body).toBeNull();
  });

  test("bytes are those of the construction, whatever becomes of the array", async () => {
    const bytes = new Uint8Array(600_000).fill(65);
    const [read, streamed, taken, moved] = [
      late(bytes),
      late(bytes),
      late(bytes),
      late(bytes.buffer),
    ];
    bytes.fill(66);
    structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
    const whole = "A".repeat(600_000);
    expect(await read.text()).toBe(whole);
    expect(await new native(streamed.body).text()).toBe(whole);
    expect(latin1(late.take!(taken)!.whole())).toBe(whole);
    expect(await moved.text()).toBe(whole);
  });

  test("bytes are taken once, and count as used then", async () => {
    const response = late(new Uint8Array([65]));
    expect(response.bodyUsed).toBe(false);
    expect(latin1(late.take!(response)!.whole())).toBe("A");
    expect(response.bodyUsed).toBe(true);
    expect(late.take!(response)).toBeUndefined();
    expect(() => response.clone()).toThrow();
    await expect(response.text()).rejects.toThrow();
  });

  test("bytes whose stream was looked at are read from the stream", async () => {
    const response = late(new Uint8Array([65]));
    void response.body;
    expect(late.take!(response)).toBeUndefined();
    expect(await response.text()).toBe("A");
  });

  test("bytes that the constructor treats in another way are the constructor's", () => {
    class Own extends Uint8Array {}
    const own = Own.of(65);
    const iterable = Object.assign(new Uint8Array([65]), {
      async *[Symbol.asyncIterator]() {
        yield new Uint8Array([66]);
      },
    });
    const others = [own, new DataView(new ArrayBuffer(1)), iterable, new Blob(["A"])];
    for (const body of others) {
      expect(late.take!(late(body as BodyInit))).toBeUndefined();
    }
    expect(Object.getPrototypeOf(late(own as BodyInit))).toBe(native.prototype);
  });

  test("memory is used again once it is released, and not before", () => {
    const taken = late.take!(late(new Uint8Array(262_144)))!;
    const [piece] = taken.pieces;
    expect(late.take!(late(new Uint8Array(262_144)))!.pieces[0]).not.toBe(piece);
    release(piece!);
    expect(late.take!(late(new Uint8Array(262_144).fill(7)))!.pieces[0]).toBe(piece);
    expect(piece![262_143]).toBe(7);
  });
}
