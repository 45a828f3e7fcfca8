/** A raw client of WebSockets, for the scripts that tell the events of a socket at `/log/ID`. */

import { Buffer } from "node:buffer";
import { eventually } from "../support/eventually.ts";
import { masked, tellFrames } from "../support/frames.ts";
import { RawConnection } from "../support/raw-http.ts";
import { ask, type Side, UPGRADE } from "./both.ts";

let ids = 0;
/** A raw client, and the ID by which the script knows its socket. */
export class SocketClient {
  readonly id: string = `s${++ids}`;
  readonly #connection: RawConnection;

  constructor({ port }: Side) {
    this.#connection = new RawConnection(port);
  }

  async shake(query = "", headers: string[] = UPGRADE, first?: Buffer): Promise<this> {
    const lines = [`GET /socket/${this.id}?${query} HTTP/1.1`, "Host: a", ...headers, "", ""];
    const head = Buffer.from(lines.join("\r\n"));
    await this.#connection.send(first === undefined ? head : Buffer.concat([head, first]));
    await this.#connection.until("\r\n\r\n");
    return this;
  }

  get head(): string {
    return this.#connection.received.split("\r\n\r\n")[0]!;
  }

  /** The fields of the reply that can be compared, sorted. */
  get fields(): string[] {
    return this.head.split("\r\n").map((line) => line.toLowerCase())
      .filter((line) => !/^(?:date|server):/.test(line)).sort();
  }

  get bytes(): Buffer {
    const { received } = this.#connection;
    return Buffer.from(received.slice(received.indexOf("\r\n\r\n") + 4), "latin1");
  }

  send(opcode: number, payload: string | Uint8Array = ""): Promise<void> {
    return this.#connection.send(masked(opcode, payload));
  }

  sendBytes(bytes: Uint8Array): Promise<void> {
    return this.#connection.send(Buffer.from(bytes));
  }

  frames(count: number): Promise<string[]> {
    return eventually(() => tellFrames(this.bytes), (all) => all.length >= count);
  }

  /** Ends its own side. Behind nginx, no byte of the server's arrives after that. */
  end(): Promise<void> {
    return this.#connection.end();
  }

  /** Waits until the server has closed. */
  closed(): Promise<void> {
    return this.#connection.closed;
  }

  /** Reads nothing until {@linkcode resume}. */
  pause(): void {
    this.#connection.pause();
  }

  resume(): void {
    this.#connection.resume();
  }

  reset(): void {
    this.#connection.reset();
  }
}

/** The events of a socket, once one of them is as is said. */
export async function logOf(side: Side, id: string, until: RegExp): Promise<string[]> {
  const read = async () => JSON.parse((await ask(side, `GET /log/${id}`)).body) as string[];
  return await eventually(read, (lines) => lines.some((line) => until.test(line)));
}
