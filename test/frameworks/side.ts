/** An app that runs, over HTTP or over SCGI, and what is asked of it. */

import { Buffer } from "node:buffer";
import type { Runtime } from "../support/server.ts";
import type { Upstream } from "./upstream.ts";

/** A reply that can be compared. */
export interface Reply {
  status: number;
  /** Sorted, without those that say how and by whom the reply is carried. */
  headers: string[];
  body: string;
}

/** What came of a stream: each part, with the number of parts that had been let go by then. */
export type Arrived = [part: string, given: number][];

/** A reply that came in parts. */
export interface Streamed {
  reply: Reply;
  arrived: Arrived;
}

const PARTS = /one|two|three/g;

/** A reply is as it should be when each part arrives before the next one is let go. */
export const AS_MADE: Arrived = [["one", 1], ["two", 2], ["three", 3]];

/** The last is for nginx, which takes it off. */
const CARRIAGE =
  /^(?:date|server|connection|keep-alive|transfer-encoding|content-length|x-accel-buffering)$/;

/** @hono/node-server spells the type of a string in its own way, and gives it to what has no type. */
const ON_NODE = /^content-type: text\/plain; ?charset=utf-8$/i;

/** An app that runs. */
export class Side implements AsyncDisposable {
  /** Its address, without a slash at the end. */
  readonly origin: string;
  readonly upstream: Upstream;
  readonly #runtime: Runtime;
  readonly #stack: AsyncDisposableStack;

  constructor(runtime: Runtime, origin: string, upstream: Upstream, stack: AsyncDisposableStack) {
    this.#runtime = runtime;
    this.origin = origin;
    this.upstream = upstream;
    this.#stack = stack;
  }

  /** Sends a request and returns the reply. */
  async ask(path: string, init?: RequestInit): Promise<Reply> {
    return await this.comparable(await this.fetch(path, init));
  }

  /** Sends a request; redirects are not followed. */
  fetch(path: string, init?: RequestInit): Promise<Response> {
    return fetch(`${this.origin}${path}`, { redirect: "manual", ...init });
  }

  /** What of a reply can be compared. */
  async comparable(response: Response): Promise<Reply> {
    const headers = [...response.headers]
      .filter(([name]) => !CARRIAGE.test(name))
      .map(([name, value]) => `${name}: ${this.neutral(value)}`)
      .filter((line) => this.#runtime !== "node" || !ON_NODE.test(line)).sort();
    const bytes = new Uint8Array(await response.arrayBuffer());
    const body = this.neutral(Buffer.from(bytes).toString("latin1"));
    return { status: response.status, headers, body };
  }

  /** A text without the address of this side. */
  neutral(text: string): string {
    return text.replaceAll(this.origin, "http://app.test");
  }

  /** Reads a streamed reply of three parts. */
  async parts(path: string, init?: RequestInit): Promise<Streamed> {
    const response = await this.fetch(path, init);
    const arrived: Arrived = [];
    const decoder = new TextDecoder();
    let body = "";
    for await (const bytes of response.body ?? []) {
      body += decoder.decode(bytes, { stream: true });
      const found = [...new Set(body.match(PARTS) ?? [])];
      for (const part of found.slice(arrived.length)) this.arrive(arrived, part);
    }
    return { reply: await this.comparable(new Response(body, response)), arrived };
  }

  /** Notes a part that arrived, and lets the next one go. */
  arrive(arrived: Arrived, part: string): void {
    arrived.push([part, this.upstream.given]);
    this.upstream.next();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync();
  }
}
