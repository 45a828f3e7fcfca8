/**
 * The floor of each scenario, apart from the socket: a server that takes every request to be right and
 * every peer to be quick, and has of `Request` and `Response` only what the handlers of the benchmark ask
 * for. It calls the same handlers as the others.
 */

import { Buffer } from "node:buffer";
import { setImmediate } from "node:timers";
import type { ScenarioName } from "./scenarios.ts";

/** The socket of a connection. */
export interface Peer {
  /** Writes bytes, all of them; what it returns is awaited before the next. */
  write(bytes: Uint8Array): Promise<void> | undefined;
  end(): void;
}

type Init = { headers?: Record<string, string> };
type Source = ReadableStream<Uint8Array> | Exchange;

/** What the handlers ask of a `Headers`, in the order of its iteration. */
class Fields {
  readonly #pairs: readonly string[];

  constructor(pairs: readonly string[]) {
    this.#pairs = pairs;
  }

  get(name: string): string | null {
    const key = `HTTP_${name.toUpperCase().replaceAll("-", "_")}`;
    const at = this.#pairs.indexOf(key);
    return at < 0 ? null : this.#pairs[at + 1]!;
  }

  [Symbol.iterator](): Iterator<[string, string]> {
    const found: [string, string][] = [];
    for (let at = 0; at < this.#pairs.length; at += 2) {
      const name = this.#pairs[at]!;
      if (!name.startsWith("HTTP_")) continue;
      found.push([name.slice(5).toLowerCase().replaceAll("_", "-"), this.#pairs[at + 1]!]);
    }
    return found.sort(([one], [other]) => one < other ? -1 : 1)[Symbol.iterator]();
  }
}

/** What the handlers ask of a `Response`. */
class Reply {
  readonly body: string | Uint8Array | Source;
  readonly type: string | undefined;

  constructor(body: string | Uint8Array | Source, init?: Init) {
    this.body = body;
    this.type = init?.headers?.["content-type"] ??
      (typeof body === "string" ? "text/plain;charset=UTF-8" : undefined);
  }

  static json(value: unknown): Reply {
    return new Reply(JSON.stringify(value), { headers: { "content-type": "application/json" } });
  }
}

Object.assign(globalThis, { Response: Reply });
const { functions } = await import("./apps.ts");
const decoder = new TextDecoder();
const encoder = new TextEncoder();
const LONG = 65_536;
const spare: Uint8Array[] = [];

/** One request, which is what the handlers ask of a `Request` as well. */
export class Exchange {
  readonly #peer: Peer;
  readonly #handler: (request: Request) => unknown;
  #pairs: string[] = [];
  /** Bytes of the body that are still to come; -1 before the head. */
  #remaining = -1;
  /** The body so far, where the handler reads it whole. */
  #body: Uint8Array | undefined;
  #whole: (() => void) | undefined;
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  /** Whether the body goes back as it comes. */
  #echoed = false;

  constructor(peer: Peer, scenario: string) {
    this.#peer = peer;
    // A route of a script answers as hello does.
    const { [scenario as ScenarioName]: handler = functions.hello } = functions;
    this.#handler = handler;
  }

  /** Bytes that are still to come. */
  get remaining(): number {
    return this.#remaining;
  }

  /** Whether the memory of a piece may be used again once it is written. */
  get echoes(): boolean {
    return this.#echoed;
  }

  get method(): string {
    return this.#pairs[3]!;
  }

  get headers(): Fields {
    return new Fields(this.#pairs);
  }

  /** It stands for the stream of its bytes. */
  get body(): Exchange {
    return this;
  }

  async arrayBuffer(): Promise<ArrayBufferLike> {
    return (await this.#bytes()).buffer;
  }

  async text(): Promise<string> {
    return decoder.decode(await this.#bytes());
  }

  /** Takes bytes of a head, which comes whole, or of the body; a promise asks for no more until then. */
  push(bytes: Uint8Array): Promise<void> | undefined {
    if (this.#remaining >= 0) return this.#take(bytes);
    const colon = bytes.indexOf(0x3a);
    const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    const end = colon + 1 + Number(view.toString("latin1", 0, colon));
    this.#pairs = view.toString("latin1", colon + 1, end - 1).split("\0");
    this.#remaining = Number(this.#pairs[1]);
    const result = this.#handler(this as unknown as Request) as Reply | Promise<Reply>;
    if (result instanceof Promise) void result.then((reply) => this.#answer(reply));
    else this.#answer(result);
    return bytes.length > end + 1 ? this.#take(bytes.slice(end + 1)) : undefined;
  }

  #take(bytes: Uint8Array): Promise<void> | undefined {
    this.#remaining -= bytes.length;
    if (this.#echoed) {
      const written = this.#peer.write(bytes);
      if (this.#remaining > 0) return written;
      if (written === undefined) this.#peer.end();
      else void written.then(() => this.#peer.end());
      return undefined;
    }
    this.#body!.set(bytes, this.#body!.length - this.#remaining - bytes.length);
    if (this.#remaining === 0) this.#whole!();
    return undefined;
  }

  async #bytes(): Promise<Uint8Array> {
    this.#body = Buffer.allocUnsafeSlow(this.#remaining);
    await new Promise<void>((resolve) => this.#whole = resolve);
    return this.#body;
  }

  #answer({ body, type }: Reply): void {
    const head = type === undefined
      ? "Status: 200 OK\r\n"
      : `Status: 200 OK\r\nContent-Type: ${type}\r\n`;
    if (typeof body === "string") {
      // The handlers' texts are ASCII.
      const length = `${head}Content-Length: ${body.length}\r\n\r\n`;
      if (body.length < LONG) this.#finish(Buffer.from(length + body, "latin1"));
      else void this.#encode(length + body);
    } else if (body instanceof Uint8Array) {
      const length = Buffer.from(`${head}Content-Length: ${body.length}\r\n\r\n`, "latin1");
      const written = this.#peer.write(length);
      if (written === undefined) this.#finish(body);
      else void written.then(() => this.#finish(body));
    } else if (body === this) {
      this.#echoed = true;
      void this.#peer.write(Buffer.from(`${head}\r\n`, "latin1"));
    } else {
      void this.#pump(`${head}\r\n`, body as ReadableStream<Uint8Array>);
    }
  }

  /** Writes a long text from memory that is used again. */
  async #encode(text: string): Promise<void> {
    let memory = spare.pop();
    if (memory === undefined || memory.length < text.length) memory = new Uint8Array(text.length);
    encoder.encodeInto(text, memory);
    await this.#peer.write(memory.subarray(0, text.length));
    spare.push(memory);
    this.#peer.end();
  }

  #finish(bytes: Uint8Array): void {
    const written = this.#peer.write(bytes);
    if (written === undefined) this.#peer.end();
    else void written.then(() => this.#peer.end());
  }

  /** The client has left. */
  leave(): void {
    void this.#reader?.cancel().catch(nothing);
  }

  async #pump(head: string, body: ReadableStream<Uint8Array>): Promise<void> {
    const reader = this.#reader = body.getReader();
    const outlet = new Outlet(this.#peer, Buffer.from(head, "latin1"));
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return outlet.end();
      const written = outlet.write(value);
      if (written !== undefined) await written;
    }
  }
}

function nothing(): void {}

const GATHERED_BYTES = 65_536;
/** Outlets that have written in this turn of the loop and have more; undefined before the first. */
let gathering: Outlet[] | undefined;
let turn = 0;

/** Writes the first bytes of each turn of the loop at once, and those after them at its end. */
class Outlet {
  readonly #peer: Peer;
  #pieces: Uint8Array[];
  #bytes = 0;
  #wroteIn = -1;
  /** The write under way. */
  #writing: Promise<void> | undefined;

  constructor(peer: Peer, first: Uint8Array) {
    this.#peer = peer;
    this.#pieces = [first];
  }

  write(bytes: Uint8Array): Promise<void> | undefined {
    this.#bytes += bytes.length;
    this.#pieces.push(bytes);
    if (this.#bytes >= GATHERED_BYTES) return this.flush();
    if (this.#wroteIn === turn || this.#writing !== undefined) return undefined;
    this.#wroteIn = turn;
    if (gathering === undefined) {
      gathering = [];
      setImmediate(nextTurn);
    }
    gathering.push(this);
    void this.flush();
    return undefined;
  }

  /** Writes what is left, after the write under way; undefined where it has left at once. */
  flush(): Promise<void> | undefined {
    if (this.#pieces.length === 0) return this.#writing;
    if (this.#writing !== undefined) return this.#writing.then(() => this.flush());
    const pieces = this.#pieces;
    this.#pieces = [];
    this.#bytes = 0;
    const bytes = pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
    this.#writing = this.#peer.write(bytes)?.then(() => this.#written());
    return this.#writing;
  }

  #written(): Promise<void> | undefined {
    this.#writing = undefined;
    return this.flush();
  }

  end(): void {
    const written = this.flush();
    if (written === undefined) this.#peer.end();
    else void written.then(() => this.#peer.end());
  }
}

function nextTurn(): void {
  const outlets = gathering!;
  gathering = undefined;
  turn += 1;
  for (const outlet of outlets) void outlet.flush();
}
