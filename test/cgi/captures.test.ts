/**
 * Requests that nginx, lighttpd, Apache, Cherokee and cgi2scgi really sent, through the decoder and
 * the mapping, on Bun and on Deno. captures.json says what the rules make of each; it was derived
 * from the raw bytes, not from this implementation.
 */

import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import {
  captureNames,
  latin1,
  mapAll,
  mapCapture,
  type Mapped,
  type MappedAll,
  type MountCase,
  readCapture,
} from "./map-capture.ts";

interface Refusal {
  status: number;
  code: string;
  /** Why the rules refuse it. */
  why: string;
  /** Parts of the text that the client is given: what to mend. */
  says?: string[];
}

interface Accepted {
  method: string;
  url: string;
  headers: Record<string, string>;
  body: string;
  /** A body that GET and HEAD cannot have: read and dropped. */
  dropped?: string;
  /** Bytes after the declared body. */
  surplus: number;
  /** How many variables `env` has. */
  variables: number;
  /** Those of them that are repeated, not ASCII, oddly named or otherwise of note. */
  env: Record<string, string>;
  /** Bun's Request turns methods that it does not know into GET. */
  bun?: Refusal;
}

interface Expectations {
  requests: Record<string, { case: string } & ({ empty: true } | Refusal | Accepted)>;
  /** With `urlFrom` and `stripPrefix`; only the URL differs from the request without them. */
  mounts: (MountCase & ({ url: string } | Refusal))[];
}

const expected = JSON.parse(
  readFileSync(new URL("captures.json", import.meta.url), "utf8"),
) as Expectations;

test("every capture has an expectation, and every expectation a capture", () => {
  expect(Object.keys(expected.requests).sort()).toEqual(captureNames());
});

const script = fileURLToPath(new URL("map-capture.ts", import.meta.url));
const root = fileURLToPath(new URL("../..", import.meta.url));

async function onDeno(): Promise<MappedAll> {
  const deno = Bun.spawn([`${root}node_modules/.bin/deno`, "run", "-A", script], {
    cwd: root,
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const [out, errors, status] = await Promise.all([
    new Response(deno.stdout).text(),
    new Response(deno.stderr).text(),
    deno.exited,
  ]);
  if (status !== 0) throw new Error(`deno run ${script} exited with ${status}:\n${errors}`);
  return JSON.parse(out);
}

const runtimes = { bun: mapAll("bun"), deno: onDeno() };
// A failure belongs to the tests that await it, not to the file.
for (const all of Object.values(runtimes)) all.catch(() => {});

for (const [runtime, all] of Object.entries(runtimes)) {
  describe(`captured requests on ${runtime}`, () => {
    test("run on that runtime", async () => {
      expect((await all).runtime).toBe(runtime);
    }, 60_000);

    for (const [name, entry] of Object.entries(expected.requests)) {
      test(`${name}: ${entry.case}`, async () => {
        const mapped = (await all).requests[name]!;
        if ("empty" in entry) return void expect(mapped).toEqual({ empty: true });
        if ("status" in entry) return refuses(mapped, entry);
        if (runtime === "bun" && entry.bun) return refuses(mapped, entry.bun);
        accepts(mapped, entry, readCapture(name));
      });
    }

    expected.mounts.forEach((entry, i) => {
      test(`${entry.file} with ${JSON.stringify(entry.options)}`, async () => {
        const mapped = (await all).mounts[i]!;
        if ("status" in entry) return refuses(mapped, entry);
        const plain = (await all).requests[entry.file]!;
        expect(mapped).toEqual({ ...plain, url: entry.url } as Mapped);
      });
    });
  });
}

for (const piece of [1, 7]) {
  test(`the captures in pieces of ${piece} map as in one`, async () => {
    for (const name of captureNames()) {
      const whole = (await runtimes.bun).requests[name]!;
      expect(await mapCapture(readCapture(name), {}, piece)).toEqual(whole);
    }
  });
}

function refuses(mapped: Mapped, { status, code, says = [] }: Refusal): void {
  expect(mapped).toMatchObject({ status, code });
  const { message } = mapped as { message: string };
  for (const part of says) expect(message).toContain(part);
}

function accepts(mapped: Mapped, entry: Accepted, bytes: Uint8Array): void {
  if (!("url" in mapped)) throw new Error(`refused: ${JSON.stringify(mapped)}`);
  const { method, url, headers, body, surplus } = mapped;
  expect({ method, url, headers, body, surplus }).toEqual({
    method: entry.method,
    url: entry.url,
    headers: entry.headers,
    body: entry.body,
    surplus: entry.surplus,
  });
  expect(mapped.received).toBe(entry.dropped ?? entry.body);
  if (method === "GET" || method === "HEAD") expect(mapped.nullBody).toBe(true);

  expect(mapped.envPrototype).toBe(false);
  expect(Object.keys(mapped.env)).toHaveLength(entry.variables);
  expect(Object.keys(mapped.env)).not.toContain("HTTP_PROXY");
  expect(mapped.env).toMatchObject(entry.env);
  const sent = new Map(plainVariables(bytes));
  const cherokee = sent.get("SERVER_SOFTWARE")?.startsWith("Cherokee") === true;
  const port = sent.get("REMOTE_PORT");
  // With x_real_ip it is that of X-Forwarded-For, which comes as it is.
  if (cherokee && port && sent.get("REMOTE_ADDR") === "127.0.0.1") {
    sent.set(
      "REMOTE_PORT",
      swapped(port),
    );
  }
  for (const [name, value] of sent) expect(mapped.env[name]).toBe(value);
}

function swapped(port: string): string {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(Number(port));
  return String(bytes.readUInt16BE());
}

/** Variables that occur once and are ASCII, straight from the bytes: `env` has them as they are. */
function plainVariables(bytes: Uint8Array): [string, string][] {
  const text = latin1(bytes);
  const start = text.indexOf(":") + 1;
  const parts = text.slice(start, start + parseInt(text)).split("\0").slice(0, -1);
  const names = parts.filter((_, i) => i % 2 === 0);
  return names
    .map((name, i): [string, string] => [name, parts[2 * i + 1]!])
    .filter(([name, value]) =>
      names.indexOf(name) === names.lastIndexOf(name) && /^[ -~]*$/.test(value)
    );
}
