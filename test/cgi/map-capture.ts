/**
 * Maps the captured requests of test/captures/ through the public protocol API. captures.test.ts
 * imports it for Bun, and runs it as a program on Deno, where it prints all results as JSON.
 */

import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  Decoder,
  readVariables,
  ScgiError,
  toEnv,
  toRequest,
  type UrlSource,
} from "../../src/protocol.ts";

/** Options of `toRequest` that choose the URL. */
export interface MountOptions {
  urlFrom?: UrlSource;
  stripPrefix?: string | boolean;
}

/** A request with options, as captures.json lists them. */
export interface MountCase {
  file: string;
  options: MountOptions;
}

/** What became of a capture: nothing, an error of another kind, a refusal, or a Request. */
export type Mapped =
  | { empty: true }
  | { threw: string }
  | { status: number | undefined; code: string; message: string }
  | {
    method: string;
    url: string;
    headers: Record<string, string>;
    nullBody: boolean;
    body: string;
    /** Body bytes as the decoder gave them, before `toRequest` saw them. */
    received: string;
    surplus: number;
    env: Record<string, string>;
    envPrototype: boolean;
  };

/** What this file prints on Deno. */
export interface MappedAll {
  runtime: string;
  requests: Record<string, Mapped>;
  mounts: Mapped[];
}

const here = dirname(fileURLToPath(import.meta.url));
const folder = join(here, "../captures");

/** Names of all captures. */
export function captureNames(): string[] {
  return readdirSync(folder).filter((name) => name.endsWith(".bin")).sort();
}

/** The bytes of one capture. */
export function readCapture(name: string): Uint8Array {
  return readFileSync(join(folder, name));
}

/** One UTF-16 code unit for each byte. */
export function latin1(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

/** Feeds a request in pieces of the given size and tells what became of it. */
export async function mapCapture(
  bytes: Uint8Array,
  options: MountOptions = {},
  piece: number = Infinity,
): Promise<Mapped> {
  try {
    const decoder = new Decoder();
    const received: number[] = [];
    for (let at = 0; at < bytes.length; at += piece) {
      received.push(...decoder.push(bytes.subarray(at, at + piece)));
    }
    decoder.end();
    const { head, surplus } = decoder;
    if (head === undefined) return { empty: true };
    const variables = readVariables(head);
    const body = Uint8Array.from(received);
    const { contentLength } = head;
    const request = toRequest(variables, { contentLength, body, ...options });
    const env = toEnv(variables);
    return {
      method: request.method,
      url: request.url,
      headers: Object.fromEntries(request.headers),
      nullBody: request.body === null,
      body: latin1(new Uint8Array(await request.arrayBuffer())),
      received: latin1(body),
      surplus,
      env: { ...env } as Record<string, string>,
      envPrototype: Object.getPrototypeOf(Object.getPrototypeOf(env)) !== null,
    };
  } catch (error) {
    if (!(error instanceof ScgiError)) return { threw: String(error) };
    return { status: error.status, code: error.code, message: error.message };
  }
}

/** Maps all captures, and the ones with options that captures.json lists. */
export async function mapAll(runtime: string, piece?: number): Promise<MappedAll> {
  const { mounts } = JSON.parse(
    readFileSync(join(here, "captures.json"), "utf8"),
  ) as { mounts: MountCase[] };
  const all: MappedAll = { runtime, requests: {}, mounts: [] };
  for (const name of captureNames()) {
    all.requests[name] = await mapCapture(readCapture(name), {}, piece);
  }
  for (const { file, options } of mounts) {
    all.mounts.push(await mapCapture(readCapture(file), options, piece));
  }
  return all;
}

if (import.meta.main) {
  console.log(JSON.stringify(await mapAll("Deno" in globalThis ? "deno" : "bun")));
}
