/** An SCGI server of a few lines, which answers with exact bytes and sees what it is sent. */

import { mkdtempSync, rmSync } from "node:fs";
import net, { type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Address } from "../../src/address.ts";
import { latin1 } from "../../src/scgi/latin1.ts";
import { bytes } from "./wire.ts";

/** The kinds of socket that there are. */
export const kinds = ["TCP", "Unix"] as const;
export type Kind = (typeof kinds)[number];

/** What the server does once the whole request is there. */
export type Answer = string | Uint8Array | ((socket: Socket) => unknown);

/** A server that listens. */
export class Answering implements AsyncDisposable {
  /** Where it listens. */
  address!: Address;
  /** Connections that are open. */
  open = 0;
  /** What the last connection brought, one code unit a byte. */
  received = "";
  /** How many reads brought it. */
  reads = 0;
  /** Whether it reads nothing. */
  holds = false;
  /** Is called when the first bytes are there, whole or not. */
  onData: ((socket: Socket) => unknown) | undefined;
  readonly #server: net.Server;
  #folder: string | undefined;

  private constructor(answer: Answer) {
    this.#server = net.createServer({ allowHalfOpen: true }, (socket) => {
      this.open++;
      this.received = "";
      this.reads = 0;
      let answered = false;
      socket.on("close", () => this.open--).on("error", () => {});
      socket.on("end", () => socket.end());
      if (this.holds) return void socket.pause();
      socket.on("data", (data: Uint8Array) => {
        this.reads++;
        this.received += latin1(data);
        if (this.reads === 1) this.onData?.(socket);
        if (answered || !isWhole(this.received)) return;
        answered = true;
        if (typeof answer === "function") answer(socket);
        else socket.end(typeof answer === "string" ? bytes(answer) : answer);
      });
    });
  }

  /** Starts one that sends these bytes and closes, or that does as it is told. */
  static async start(answer: Answer, kind: Kind = "TCP"): Promise<Answering> {
    const server = new Answering(answer);
    await server.#listen(kind);
    return server;
  }

  /** The variables of the last request. */
  get variables(): Record<string, string> {
    const [, head] = /^[0-9]+:([^]*)\0,/.exec(this.received) ?? [];
    const parts = head!.split("\0");
    return Object.fromEntries(
      parts.flatMap((part, i) => i % 2 === 0 ? [[part, parts[i + 1] ?? ""]] : []),
    );
  }

  /** The body of the last request, one code unit a byte. */
  get body(): string {
    return this.received.slice(headLength(this.received));
  }

  async #listen(kind: Kind): Promise<void> {
    if (kind === "Unix") {
      this.#folder = mkdtempSync(join(tmpdir(), "scgi-answering-"));
      this.address = { unix: join(this.#folder, "socket") };
    }
    const where = this.#folder === undefined
      ? { host: "127.0.0.1", port: 0 }
      : { path: join(this.#folder, "socket") };
    await new Promise<void>((resolve) => this.#server.listen(where, resolve));
    const bound = this.#server.address();
    if (typeof bound === "object" && bound !== null) this.address = bound.port;
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    if (this.#folder !== undefined) rmSync(this.#folder, { recursive: true, force: true });
    return Promise.resolve();
  }
}

function headLength(received: string): number {
  const [digits = "", length = ""] = /^([0-9]+):/.exec(received) ?? [];
  return digits.length + Number(length) + 1;
}

/** Whether the head and the body that it declares are there. */
function isWhole(received: string): boolean {
  const length = /^[0-9]+:CONTENT_LENGTH\0([0-9]+)\0/.exec(received)?.[1];
  return length !== undefined && received.length >= headLength(received) + Number(length);
}
