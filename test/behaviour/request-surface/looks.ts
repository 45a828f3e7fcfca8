/** An app whose paths are the names of looks at a request; each answers with what it saw. */

import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { inspect } from "node:util";
import { type BodyRead, eachRead } from "../../support/body-reads.ts";

type Look = (request: Request) => unknown;

/** A server that tells how a body was sent to it. */
const mirror = createServer((request, response) => {
  let size = 0;
  request.on("data", (chunk: Uint8Array) => (size += chunk.length));
  request.on("end", () => {
    const { "content-length": length, "transfer-encoding": framing } = request.headers;
    response.end(JSON.stringify({ length, framing, size }));
  });
}).listen(0, "127.0.0.1").unref();
await once(mirror, "listening");
const mirrorUrl = `http://127.0.0.1:${(mirror.address() as AddressInfo).port}/`;

/** What a look gives, or what it throws: its class and its name. */
async function outcome(look: () => unknown): Promise<unknown> {
  try {
    return await look();
  } catch (error) {
    const { constructor, name } = error as Error;
    return `throws ${constructor.name} ${name}`;
  }
}

/** What a read gives, in a form that can be compared. */
async function read(body: Request | Response, method: BodyRead): Promise<unknown> {
  if (!(method in body)) return "missing";
  const value: unknown = await body[method]();
  if (value instanceof Blob) return ["Blob", value.type, await value.text()];
  if (value instanceof FormData) {
    const parts = [...value].map(async ([name, part]) =>
      typeof part === "string" ? [name, part] : [name, part.name, part.type, await part.text()]
    );
    return ["FormData", await Promise.all(parts)];
  }
  if (value instanceof ArrayBuffer) return ["ArrayBuffer", [...new Uint8Array(value)]];
  if (value instanceof Uint8Array) return [value.constructor.name, [...value]];
  return value;
}

const all = ({ method, url, headers, body, bodyUsed, signal }: Request) => ({
  method,
  path: new URL(url).pathname.length > 0,
  // Over SCGI an empty field is none, and a length of 0 may be one that was not sent.
  type: headers.get("content-type") || null,
  length: Number(headers.get("content-length")),
  hasBody: body !== null,
  locked: body?.locked,
  bodyUsed,
  aborted: signal.aborted,
});

const reads = (method: BodyRead): Look => async (request) => {
  const before = request.bodyUsed;
  const reading = outcome(() => read(request, method));
  const during = request.bodyUsed;
  return [before, during, await reading, request.bodyUsed];
};

const again = (first: BodyRead, second: BodyRead): Look => async (request) => [
  await outcome(() => read(request, first)),
  await outcome(() => read(request, second)),
  await outcome(() => request.clone().method),
  request.bodyUsed,
  request.body?.locked,
];

/** All that is seen of a request. */
export const looks: Record<string, Look> = {
  "all": all,
  ...eachRead(reads),
  "its Blob after its headers": async (request) => {
    void request.headers.get("content-type");
    return await read(request, "blob");
  },
  "its Blob after its body": async (request) => [
    request.body === null,
    await outcome(() => read(request, "blob")),
  ],
  "its Blob without its type": async (request) => {
    request.headers.delete("content-type");
    return await read(request, "blob");
  },
  "its Blob with another type": async (request) => {
    request.headers.set("content-type", "image/png");
    return await read(request, "blob");
  },
  "its Blob once it has arrived": async (request) => {
    await new Promise((resolve) => setTimeout(resolve, 30));
    return await read(request, "blob");
  },
  "the Blob of a clone": async (request) => await read(request.clone(), "blob"),
  "the Blob of a copy": async (request) => await read(new Request(request), "blob"),
  "its text twice": again("text", "text"),
  "its JSON after its text": again("text", "json"),
  "its Blob after its JSON": again("json", "blob"),
  "its form after its form": again("formData", "formData"),
  "its form after its bytes": again("bytes", "formData"),
  "a clone and itself": async (request) => {
    const clone = request.clone();
    return [all(clone), await read(clone, "text"), await read(request, "text"), request.bodyUsed];
  },
  "a copy and itself": async (request) => {
    const copy = new Request(request);
    return [all(copy).hasBody, await read(copy, "text")];
  },
  "a clone while its body is read": async (request) => {
    const reader = request.body?.getReader();
    return [await outcome(() => request.clone().method), await outcome(() => reader?.cancel())];
  },
  "its text while its body is locked": async (request) => {
    const reader = request.body?.getReader();
    const text = await outcome(() => request.text());
    return [text, request.bodyUsed, reader !== undefined];
  },
  "its text after a part of its body": async (request) => {
    const reader = request.body?.getReader();
    const { done } = await reader?.read() ?? {};
    reader?.releaseLock();
    return [done, request.bodyUsed, await outcome(() => request.text())];
  },
  "its text after its body was cancelled": async (request) => {
    await request.body?.cancel("enough");
    return [request.bodyUsed, await outcome(() => request.text())];
  },
  "its body": async (request) => {
    const { body } = request;
    if (body === null) return "null";
    const text = await new Response(body).text();
    return [body === request.body, text, request.bodyUsed];
  },
  "its body, byte by byte": async (request) => {
    const { body } = request;
    if (body === null) return "null";
    return await outcome(async () => {
      const reader = body.getReader({ mode: "byob" });
      const bytes: number[] = [];
      let { done, value } = await reader.read(new Uint8Array(1));
      for (; !done; { done, value } = await reader.read(new Uint8Array(1))) bytes.push(...value!);
      return [bytes, value?.length];
    });
  },
  "its body, iterated": async (request) => {
    const { body } = request;
    if (body === null) return "null";
    const bytes: number[] = [];
    for await (const chunk of body as unknown as AsyncIterable<Uint8Array>) bytes.push(...chunk);
    return [bytes, request.bodyUsed];
  },
  "its body, teed": async (request) => {
    const { body } = request;
    if (body === null) return "null";
    const both = body.tee().map((half) => new Response(half).text());
    return [await Promise.all(both), await outcome(() => request.text())];
  },
  "its body, piped": async (request) => {
    const { body } = request;
    if (body === null) return "null";
    return await new Response(body.pipeThrough(new TransformStream())).text();
  },
  "its body, sent on": async ({ body }) => {
    const init = { method: "POST", body, duplex: "half" } as RequestInit;
    return await (await fetch(mirrorUrl, init)).json();
  },
  "the bytes of its chunks": async (request) => {
    const { value } = await request.body?.getReader().read() ?? {};
    return value?.constructor.name;
  },
  "a Response of its body": async (request) => {
    const response = new Response(request.body, { headers: { "x-a": "b" } });
    return [[...response.headers], await response.text()];
  },
  "its lesser properties": (request) =>
    ([
      "redirect",
      "mode",
      "credentials",
      "cache",
      "referrer",
      "referrerPolicy",
      "integrity",
    ] as const)
      .concat(
        "keepalive" as never,
        "destination" as never,
        "duplex" as never,
        "isReloadNavigation" as never,
      )
      .map((name) => [name, request[name]]),
  "its class": (request) => [
    request instanceof Request,
    Object.prototype.toString.call(request),
  ],
  "its headers": ({ headers }) => [
    headers instanceof Headers,
    headers.get("X-A"),
    headers.get("x-b"),
    headers.has("x-c"),
    headers.get("cookie"),
  ],
  "its headers, changed": (request) => {
    request.headers.set("x-a", "changed");
    request.headers.append("x-d", "1");
    request.headers.delete("x-b");
    return ["x-a", "x-b", "x-d"].map((name) => request.headers.get(name));
  },
  "its signal": ({ signal }) => [signal instanceof AbortSignal, signal.aborted, signal.reason],
  "printed": (request) => inspect(request).length > 0,
  "a structured clone": (request) => typeof structuredClone(request),
  "a spread": (request) => JSON.stringify({ ...request }),
  "its keys": (request) => [Object.keys(request), "body" in request, "headers" in request],
};

export default {
  async fetch(request: Request): Promise<Response> {
    const name = decodeURIComponent(new URL(request.url).pathname.slice(1));
    const look = looks[name];
    if (look === undefined) return new Response(null, { status: 404 });
    return Response.json({ seen: await outcome(() => look(request)) ?? null });
  },
};
