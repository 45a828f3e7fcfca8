/**
 * All that an app can see of a request, compared with the request that the runtime's own server gives
 * it: Bun.serve, Deno.serve, and `@hono/node-server` on Node.
 */

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { isDeepStrictEqual } from "node:util";
import { setTimeout as sleep } from "node:timers/promises";
import { answers, freePort } from "../support/address.ts";
import { Child } from "../support/child.ts";
import { parseReply, RawConnection } from "../support/raw-http.ts";
import { root } from "../support/root.ts";
import { command, type Runtime, runtimes } from "../support/server.ts";
import { looks } from "./request-surface/looks.ts";

const APP = "test/behaviour/request-surface/looks.ts";
const ON_NODE = "test/behaviour/request-surface/on-node.ts";

/** A request that is looked at. */
interface Sent {
  method: string;
  type?: string;
  /** Undefined where there is none, and no Content-Length. */
  body?: string | Uint8Array;
  /** How much of the body comes before the rest, both after the head; all comes at once unless set. */
  split?: number;
}

const FORM = [
  "--B",
  'content-disposition: form-data; name="a"',
  "",
  "1",
  "--B",
  'content-disposition: form-data; name="f"; filename="x.css"',
  "content-type: text/css",
  "",
  "file",
  "--B--",
  "",
].join("\r\n");
const multipart = "multipart/form-data; boundary=B";

const requests: Record<string, Sent> = {
  "GET": { method: "GET" },
  "GET of no bytes": { method: "GET", body: "" },
  "DELETE": { method: "DELETE" },
  "DELETE of no bytes": { method: "DELETE", body: "" },
  "DELETE with a body": { method: "DELETE", body: "x", type: "text/plain" },
  "OPTIONS": { method: "OPTIONS" },
  "OPTIONS with a body": { method: "OPTIONS", body: "x", type: "text/plain" },
  "PATCH": { method: "PATCH", body: "x", type: "text/plain" },
  "PROPFIND": { method: "PROPFIND", body: "<x/>", type: "text/xml" },
  "PUT of no bytes": { method: "PUT", body: "" },
  "POST without a body": { method: "POST" },
  "POST of no bytes": { method: "POST", body: "" },
  "POST of no JSON": { method: "POST", body: "", type: "application/json" },
  "POST of a text": { method: "POST", body: "a=1&b=2", type: "text/plain" },
  "POST without a type": { method: "POST", body: "hello" },
  "POST of an empty type": { method: "POST", body: "hello", type: "" },
  "POST of a type that is none": { method: "POST", body: "hello", type: "nonsense" },
  "POST of a type in capitals": { method: "POST", body: "x", type: "Text/HTML ; Charset=UTF-8" },
  "POST of JSON": { method: "POST", body: '{"a":"é"}', type: "application/json" },
  "POST of half JSON": { method: "POST", body: '{"a":', type: "application/json" },
  "POST of a byte order mark": { method: "POST", body: "\ufefftext", type: "text/plain" },
  "POST of bytes": { method: "POST", body: new Uint8Array([0, 255, 128]), type: "a/b" },
  "POST of a form": {
    method: "POST",
    body: "a=1&b=%20+x",
    type: "application/x-www-form-urlencoded",
  },
  "POST of parts": { method: "POST", body: FORM, type: multipart },
  "POST of parts that are none": { method: "POST", body: "nonsense", type: multipart },
  "POST of a text in pieces": { method: "POST", body: "a=1&b=2", type: "text/x", split: 3 },
  "POST of JSON in pieces": { method: "POST", body: '{"a":"éé"}', type: "a/json", split: 7 },
  "POST of parts in pieces": { method: "POST", body: FORM, type: multipart, split: 20 },
  "POST without a type in pieces": { method: "POST", body: "hello", split: 2 },
};

/** A difference that is meant: why, and the requests that it is about, all unless set. */
interface Meant {
  why: string;
  of?: RegExp;
}

const immutable = { why: "The headers that Deno.serve gives cannot be changed" };
const meant: Record<Runtime, Record<string, Meant>> = {
  bun: {
    "the Blob of a copy": {
      why: "A copy does not show that the body had not arrived",
    },
    "its text while its body is locked": {
      why: "Bun.serve takes a body that is locked for one that is used",
      of: /in pieces/,
    },
    "its Blob once it has arrived": {
      why: "When it has arrived is a matter of time; Bun.serve reads the headers of an empty body",
      of: /in pieces|of no/,
    },
    "its body, sent on": { why: "Bun.serve knows the length only of what had arrived" },
  },
  deno: {
    "its lesser properties": { why: "Deno.serve gives a request whose redirect is null" },
    "its headers, changed": immutable,
    "its Blob without its type": immutable,
    "its Blob with another type": immutable,
    "its body": {
      why: "Deno.serve counts an empty body as used where its length was not sent",
      of: /^[^ ]+$|without a body|of no/,
    },
    "its body, sent on": {
      why: "Deno.serve sends an empty body on in chunks where its length was not sent",
      of: /^[^ ]+$|without a body/,
    },
  },
  node: {
    "its lesser properties": { why: "@hono/node-server does not have them all" },
    "its body, byte by byte": { why: "@hono/node-server has no byte stream" },
    "a structured clone": {
      why: "That of @hono/node-server is no Request, which has none since 22",
    },
  },
};

/** The pause between the pieces of a body, in which a server takes the one before. */
const PAUSE_MS = 25;

/** Sends a request, its body in pieces where it says so, and waits for the reply that ends with `}`. */
async function exchange(port: number, head: string, body: Uint8Array, split?: number) {
  const connection = new RawConnection(port);
  const start = Buffer.from(head, "latin1");
  if (split === undefined) {
    await connection.send(Buffer.concat([start, body]));
  } else {
    for (const piece of [start, body.subarray(0, split), body.subarray(split)]) {
      await connection.send(piece);
      await sleep(PAUSE_MS);
    }
  }
  // Deno.serve closes late where the body was left.
  await Promise.race([connection.closed, connection.until("}")]);
  await connection.leave();
  return connection.received;
}

const fields = [["X-A", "1"], ["X-B", "2"], ["Cookie", "a=1; b=2"]] as const;

async function overHttp(port: number, look: string, { method, type, body, split }: Sent) {
  const bytes = Buffer.from(body ?? "" as string);
  const head = [
    `${method} /${encodeURIComponent(look)} HTTP/1.1`,
    "Host: h",
    "Connection: close",
    ...fields.map(([name, value]) => `${name}: ${value}`),
    ...type === undefined ? [] : [`Content-Type: ${type}`],
    ...body === undefined ? [] : [`Content-Length: ${bytes.length}`],
    "",
    "",
  ];
  const { status, body: seen } = parseReply(
    await exchange(port, head.join("\r\n"), bytes, split),
  );
  return `${status} ${seen}`;
}

async function overScgi(port: number, look: string, { method, type, body, split }: Sent) {
  const bytes = Buffer.from(body ?? "" as string);
  const pairs = [
    ["CONTENT_LENGTH", String(bytes.length)],
    ["SCGI", "1"],
    ["REQUEST_METHOD", method],
    ["REQUEST_URI", `/${encodeURIComponent(look)}`],
    ["HTTP_HOST", "h"],
    ...fields.map(([name, value]) => [`HTTP_${name.toUpperCase().replace("-", "_")}`, value]),
    ...type === undefined ? [] : [["CONTENT_TYPE", type]],
  ];
  const head = pairs.flat().map((part) => `${part}\0`).join("");
  const received = await exchange(port, `${head.length}:${head},`, bytes, split);
  const status = /^Status: (\d+)/.exec(received)?.[1];
  return `${status} ${received.slice(received.indexOf("\r\n\r\n") + 4)}`;
}

function startOwn(runtime: Runtime, port: number): Child {
  const env = { PORT: String(port) };
  if (runtime === "bun") return new Child(...command("bun", [APP]), { cwd: root, env });
  if (runtime === "node") return new Child(...command("node", [ON_NODE, APP]), { cwd: root, env });
  const [deno] = command("deno", []);
  const at = ["--port", String(port), "--host", "127.0.0.1"];
  return new Child(deno, ["serve", "-A", ...at, APP], { cwd: root });
}

for (const runtime of runtimes) {
  describe(`A request (${runtime}) is to an app what it is with the runtime's own server:`, () => {
    let ports: [own: number, scgi: number];
    const children: Child[] = [];

    beforeAll(async () => {
      ports = [await freePort(), await freePort()];
      const words = ["src/cli.ts", "serve", APP, "--listen", `127.0.0.1:${ports[1]}`];
      children.push(
        startOwn(runtime, ports[0]),
        new Child(...command(runtime, words), { cwd: root }),
      );
      for (const [i, child] of children.entries()) {
        await child.until(() => answers(ports[i]!), "it listened");
      }
    }, 30_000);
    afterAll(async () => {
      for (const child of children) child.kill("SIGKILL");
      await Promise.all(children.map((child) => child.exited));
    });

    for (const [name, sent] of Object.entries(requests)) {
      test(name, async () => {
        const compared = Object.keys(looks).filter((look) => {
          const { of = /^/ } = meant[runtime][look] ?? { of: /$^/ };
          return !of.test(name);
        });
        expect(compared.length).toBeGreaterThan(30);
        const seen = (ask: typeof overHttp, port: number) =>
          Promise.all(compared.map(async (look) => [look, await ask(port, look, sent)]));
        // On a busy machine pieces may arrive together, and bodies after their head.
        for (let attempts = 5; attempts > 0; attempts--) {
          const own = await seen(overHttp, ports[0]);
          const scgi = await seen(overScgi, ports[1]);
          if (attempts > 1 && !isDeepStrictEqual(scgi, own)) continue;
          return expect(scgi).toEqual(own);
        }
      }, 30_000);
    }
  });
}
