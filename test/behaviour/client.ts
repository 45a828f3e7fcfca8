/** A raw SCGI client, which sends exact bytes and sees how each connection ends. */

import { Buffer } from "node:buffer";
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { parseAddress } from "../../src/address.ts";
import { encodeHead } from "../../src/protocol.ts";

/** What a request is made of, beside its target. */
export interface Asked {
  method?: string;
  body?: string | Uint8Array;
  /** The length that the head declares; the body's unless given. */
  length?: number;
  /** CGI variables; they win over those that every request has. */
  variables?: Record<string, string>;
}

/** How a connection ended: the peer's orderly end, or the code of an error. */
export type Ending = "end" | "ECONNRESET" | "EPIPE" | (string & Record<never, never>);

/** The head of an SCGI request. */
export function head(target: string, { method, body = "", length, variables }: Asked = {}): Buffer {
  const contentLength = length ?? Buffer.byteLength(body);
  return Buffer.from(encodeHead(
    contentLength,
    Object.entries({
      REQUEST_METHOD: method ?? (contentLength > 0 ? "POST" : "GET"),
      REQUEST_URI: target,
      SERVER_PROTOCOL: "HTTP/1.1",
      HTTP_HOST: "app.test",
      REMOTE_ADDR: "192.0.2.7",
      ...variables,
    }),
  ));
}

/** A reply as it came. */
export class Reply {
  readonly status: number;
  readonly reason: string;
  /** Names in lower case, in the order they came. */
  readonly headers: [name: string, value: string][];
  readonly body: Buffer;
  /** How the connection ended. */
  readonly ending: Ending;

  constructor(received: Buffer, ending: Ending) {
    const at = received.indexOf("\r\n\r\n");
    if (at < 0) throw new Error(`No reply (${ending}): ${received.toString("latin1")}`);
    const [first = "", ...lines] = received.toString("latin1", 0, at).split("\r\n");
    const line = /^Status: (\d{3}) (.+)$/.exec(first);
    if (line === null) throw new Error(`The reply begins with ${JSON.stringify(first)}`);
    this.status = Number(line[1]);
    this.reason = line[2]!;
    this.headers = lines.map((text) => {
      const colon = text.indexOf(": ");
      return [text.slice(0, colon).toLowerCase(), text.slice(colon + 2)];
    });
    this.body = received.subarray(at + 4);
    this.ending = ending;
  }

  /** The values of one header. */
  all(name: string): string[] {
    return this.headers.filter(([other]) => other === name).map(([, value]) => value);
  }

  /** The first value of one header. */
  header(name: string): string | undefined {
    return this.all(name)[0];
  }

  get text(): string {
    return this.body.toString("utf8");
  }

  json(): unknown {
    return JSON.parse(this.text);
  }
}

/** One connection to a server. */
export class Peer {
  /** What came, as it came. */
  chunks: Buffer[] = [];
  /** Bytes that came. */
  count = 0;
  /** Whether what comes is kept; a large reply is better counted only. */
  keep = true;
  /** Codes of the errors of this connection. */
  readonly errors: string[] = [];
  /** Resolves when the server has ended its side, or the connection failed. */
  readonly ended: Promise<Ending>;
  /** Resolves when the connection is gone. */
  readonly closed: Promise<void>;
  readonly #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.ended = new Promise((resolve) => {
      socket.on("end", () => resolve("end"));
      socket.on("error", (error: NodeJS.ErrnoException) => {
        this.errors.push(error.code ?? error.message);
        resolve(error.code ?? error.message);
      });
      socket.on("close", () => resolve("closed"));
    });
    this.closed = new Promise((resolve) => socket.on("close", () => resolve()));
    socket.on("data", (bytes: Buffer) => {
      this.count += bytes.length;
      if (this.keep) this.chunks.push(bytes);
    });
  }

  /** Connects to an address such as `127.0.0.1:4000` or `unix:/run/app.sock`. */
  static open(address: string): Promise<Peer> {
    const at = parseAddress(address);
    const socket = "unix" in at ? connect({ path: at.unix, allowHalfOpen: true }) : connect({
      ...at as { hostname: string; port: number },
      host: "127.0.0.1",
      allowHalfOpen: true,
    });
    const peer = new Peer(socket);
    return new Promise((resolve, reject) => {
      socket.once("connect", () => resolve(peer)).once("error", reject);
    });
  }

  /** Everything that came, one character a byte. */
  get received(): string {
    return Buffer.concat(this.chunks).toString("latin1");
  }

  /** Sends bytes; resolves when the kernel took them, or the connection is gone. */
  send(bytes: string | Uint8Array): Promise<void> {
    const sent = new Promise<void>((resolve) => this.#socket.write(bytes, () => resolve()));
    return Promise.race([sent, this.closed]);
  }

  /** Sends bytes of the letter x, as fast as they are taken. Gives how many were. */
  async upload(bytes: number): Promise<number> {
    const piece = Buffer.alloc(262144, "x");
    let sent = 0;
    while (sent < bytes && this.errors.length === 0) {
      const next = piece.subarray(0, Math.min(piece.length, bytes - sent));
      await this.send(next);
      sent += next.length;
    }
    return sent;
  }

  /** Resolves when a text has come; rejects where the connection ends before. */
  async until(text: string): Promise<string> {
    let ending: Ending | undefined;
    this.ended.then((how) => ending = how);
    while (!this.received.includes(text)) {
      if (ending !== undefined) throw new Error(`${ending} before ${text}: ${this.received}`);
      await sleep(2);
    }
    return this.received;
  }

  /** Ends our side; the server can still send. */
  finish(): void {
    this.#socket.end();
  }

  /** Leaves, as a web server does whose client has left. */
  leave(): void {
    this.#socket.destroy();
  }

  /** Leaves with a reset. */
  reset(): void {
    this.#socket.resetAndDestroy();
  }

  /**
   * Leaves in the event that brings the last byte of a body of so many bytes, as nginx does. Gives
   * what came by then.
   */
  async leavesAfter(length: number): Promise<Buffer> {
    const received = await new Promise<Buffer>((resolve) => {
      let at = -1;
      const check = (): void => {
        if (at < 0) at = Buffer.concat(this.chunks).indexOf("\r\n\r\n");
        if (at < 0 || this.count < at + 4 + length) return;
        this.#socket.destroy();
        resolve(Buffer.concat(this.chunks));
      };
      this.#socket.on("data", check).on("close", () => resolve(Buffer.concat(this.chunks)));
      check();
    });
    await this.closed;
    return received;
  }

  /** Takes nothing until {@linkcode Peer.resume}. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Pauses after all that comes, for as long as is said of so many bytes. */
  slowly(pauseMs: (bytes: number) => number): void {
    this.#socket.on("data", (bytes: Buffer) => {
      this.#socket.pause();
      setTimeout(() => this.#socket.resume(), pauseMs(bytes.length));
    });
  }

  /** Waits for the server's end and gives the reply. */
  async reply(): Promise<Reply> {
    const ending = await this.ended;
    this.#socket.destroy();
    return new Reply(Buffer.concat(this.chunks), ending);
  }
}

/** Sends one request and gives its reply. */
export async function ask(address: string, target: string, asked: Asked = {}): Promise<Reply> {
  const peer = await Peer.open(address);
  const { body = "" } = asked;
  await peer.send(Buffer.concat([head(target, asked), Buffer.from(body as string)]));
  return await peer.reply();
}
