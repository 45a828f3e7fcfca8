/**
 * Responses of `fetch()` passed on: whatever the runtime has decoded of a body, the reply's header is
 * true of the reply's body.
 */

import { describe, expect, test } from "bun:test";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import {
  brotliCompressSync,
  brotliDecompressSync,
  deflateSync,
  gunzipSync,
  gzipSync,
  inflateSync,
} from "node:zlib";
import { recordHere } from "../../src/runtime/chosen.ts";
import { callUnrecorded } from "../support/call.ts";
import { onBun } from "../support/runtime.ts";

const TEXT = "hello ".repeat(100);
/** The text in zstd, which Node 20 does not know. */
const ZSTD = Buffer.from("KLUv/WBYAW0AADBoZWxsbyABAE9SlSI=", "base64");

const encoders: Record<string, (bytes: Uint8Array) => Uint8Array> = {
  gzip: gzipSync,
  "x-gzip": gzipSync,
  deflate: deflateSync,
  br: brotliCompressSync,
  zstd: () => ZSTD,
};
const decoders: Record<string, (bytes: Uint8Array) => Uint8Array> = {
  gzip: gunzipSync,
  "x-gzip": gunzipSync,
  deflate: inflateSync,
  br: brotliDecompressSync,
  zstd: (bytes) => (expect(Buffer.from(bytes)).toEqual(ZSTD), Buffer.from(TEXT)),
};

const codingsOf = (field: string) => field.toLowerCase().split(",").map((coding) => coding.trim());

/** The text as a sender encodes it for a Content-Encoding; codings that nobody knows change nothing. */
function encoded(field: string): Uint8Array {
  return codingsOf(field).reduce(
    (bytes, coding) => encoders[coding]?.(bytes) ?? bytes,
    Buffer.from(TEXT) as Uint8Array,
  );
}

/** The text of a body, as its receiver decodes it. */
function decoded(field: string, body: Uint8Array): string {
  return Buffer.from(
    codingsOf(field).reduceRight((bytes, coding) => decoders[coding]?.(bytes) ?? bytes, body),
  ).toString();
}

interface Upstream {
  url: string;
  close(): void;
}

/** A server that sends a status, header fields and a body, whatever it is asked. */
async function startUpstream(
  fields: readonly string[],
  body: Uint8Array,
  status = 200,
): Promise<Upstream> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", (request) => {
      const head = [`HTTP/1.1 ${status} Upstream`, ...fields, "Connection: close", "", ""];
      socket.write(head.join("\r\n"));
      socket.end(String(request).startsWith("HEAD") || status > 200 ? "" : body);
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: () => server.close(),
  };
}

type Pass = (response: Response) => Response | Promise<Response>;

/** What apps do to a Response before they pass it on. */
const passes: Record<string, Pass> = {
  "as it is": (response) => response,
  "as a clone": (response) => response.clone(),
  "as a clone of a clone": (response) => response.clone().clone(),
  "as a copy": (response) => new Response(response.body, response),
  "as a copy of a copy": (response) => {
    const copy = new Response(response.body, response);
    return new Response(copy.body, copy);
  },
  "as a clone of a copy": (response) => new Response(response.body, response).clone(),
  "as a copy of a clone": (response) => {
    const clone = response.clone();
    return new Response(clone.body, clone);
  },
  "as a copy with another status": (response) => {
    const copy = new Response(response.body, response);
    return new Response(copy.body, { status: 203, headers: plainHeaders(copy) });
  },
  "compressed by the app": (response) =>
    new Response(response.body!.pipeThrough(new CompressionStream("gzip")), {
      headers: { "content-encoding": "gzip" },
    }),
};

/** The headers of a Response without those that its body may not keep to. */
function plainHeaders({ headers }: Response): Headers {
  const copy = new Headers(headers);
  copy.delete("content-encoding");
  copy.delete("content-length");
  return copy;
}

/** The reply of an app that passes a fetched Response on. */
async function passOn(url: string, init: RequestInit, pass: Pass, method = "GET") {
  const stop = recordHere();
  try {
    return await callUnrecorded(async () => await pass(await fetch(url, init)), { method });
  } finally {
    stop();
  }
}

const field = (headers: readonly string[], name: string) =>
  headers.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);

const FIELDS = [
  ...["gzip", "GZIP", "x-gzip", "deflate", "br", "Br", "zstd", "identity", "other"],
  ...["gzip, br", "br, gzip", "gzip,gzip", "deflate, gzip, br", "zstd, gzip"],
  ...["gzip, identity", "identity, gzip", "gzip, other", "other, gzip", "identity, other"],
  ...["gzip,gzip,gzip,gzip,gzip"],
];

/** Options of `fetch()`, by what the tests call them. */
const inits: Record<string, RequestInit> = {
  "": {},
  ...onBun && { ", undecoded": { decompress: false } as RequestInit },
};

for (const [how, init] of Object.entries(inits)) {
  for (const [passed, pass] of Object.entries(passes)) {
    describe(`A fetched Response${how} that is passed on ${passed} has a true header`, () => {
      for (const coding of FIELDS) {
        // What is not decoded would be compressed on top of its own coding.
        if (passed === "compressed by the app" && coding !== "identity") continue;
        for (const declared of [true, false]) {
          test(`for ${coding}${declared ? "" : " without a length"}`, async () => {
            const bytes = encoded(coding);
            const length = declared ? [`Content-Length: ${bytes.length}`] : [];
            const upstream = await startUpstream([`Content-Encoding: ${coding}`, ...length], bytes);
            try {
              const { headers, body, errors } = await passOn(upstream.url, init, pass);
              expect(errors).toEqual([]);
              const given = field(headers, "content-encoding") ?? "identity";
              const raw = Buffer.from(body, "latin1");
              if (passed !== "as a copy with another status") {
                expect(decoded(given, raw)).toBe(TEXT);
              }
              const says = field(headers, "content-length");
              if (says !== undefined) expect(raw.length).toBe(Number(says));
              if ("decompress" in init && passed === "as it is") expect(given).toBe(coding);
            } finally {
              upstream.close();
            }
          });
        }
      }
    });
  }
}

describe("A fetched Response without a body", () => {
  const bytes = encoded("gzip");
  const head = [
    "Content-Type: text/plain",
    "Content-Encoding: gzip",
    `Content-Length: ${bytes.length}`,
  ];

  for (const status of [204, 304]) {
    test(`of status ${status} is passed on`, async () => {
      const upstream = await startUpstream(status === 204 ? head.slice(0, 2) : head, bytes, status);
      try {
        const reply = await passOn(upstream.url, {}, (response) => response);
        expect([reply.status.slice(0, 3), reply.body]).toEqual([String(status), ""]);
      } finally {
        upstream.close();
      }
    });
  }

  test("has the header of the GET", async () => {
    const upstream = await startUpstream(head, bytes);
    try {
      const names = async (method: string) => {
        const { headers } = await passOn(upstream.url, { method }, (response) => response, method);
        const names = headers.map((line) => line.split(":")[0]!);
        // Whether the body is there as its head leaves is the network's business.
        return names.filter((name) => !["content-length", "x-accel-buffering"].includes(name));
      };
      expect(await names("HEAD")).toEqual(await names("GET"));
    } finally {
      upstream.close();
    }
  });
});

test("A text that an app makes of a decoded body is not said to be encoded", async () => {
  const bytes = encoded("gzip");
  const upstream = await startUpstream(["Content-Encoding: gzip"], bytes);
  try {
    const { headers, body } = await passOn(
      upstream.url,
      {},
      async (response) => new Response((await response.text()).toUpperCase(), response),
    );
    expect(body).toBe(TEXT.toUpperCase());
    expect(field(headers, "content-encoding")).toBeUndefined();
    expect(field(headers, "content-length")).toBe(String(TEXT.length));
  } finally {
    upstream.close();
  }
});

if (onBun) {
  test("The watched fetch is Bun's to all appearances, and Bun's once nothing is recorded", () => {
    const native = globalThis.fetch;
    const stop = recordHere();
    const { fetch: watched } = globalThis;
    const inner = recordHere();
    expect(globalThis.fetch).toBe(watched);
    inner();
    expect(watched).not.toBe(native);
    expect([watched.name, watched.length]).toEqual([native.name, native.length]);
    expect(Reflect.ownKeys(watched)).toEqual(Reflect.ownKeys(native));
    stop();
    expect(globalThis.fetch).toBe(native);
  });
}
