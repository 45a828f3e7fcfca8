/** One try of a case: its request is sent, and what comes back is written down. */

import { Buffer } from "node:buffer";
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { type Case, targetOf } from "./case.ts";
import type { Close, Protocol, Reply, Wire } from "./wire.ts";

/** A port of 127.0.0.1 that is asked in one of the protocols. */
export interface Door {
  readonly port: number;
  readonly protocol: Protocol;
}

/** A reply as the sender of a case has seen it. */
export interface Seen extends Reply {
  /** What came before the app was told to go on, and what did not. */
  steps: string[];
}

/** The longest that a text of a reply is waited for, in milliseconds. */
const STEP = 3_000;
/** The same once a text has not come, which lets a failing gate end. */
const LATER = 200;
/** The longest that a reply goes on without an end. */
const END = 5_000;

/** Tries a case. */
export async function tryCase(door: Door, one: Case, id: string): Promise<Seen[]> {
  const seen: Seen[] = [];
  for (let round = 0; round < (one.shape.times ?? 1); round++) {
    seen.push(await tryOnce(door, one, id));
  }
  return seen;
}

async function tryOnce(door: Door, one: Case, id: string): Promise<Seen> {
  const { shape } = one;
  const { protocol } = door;
  const body = Buffer.from(shape.body ?? "" as string);
  const later = (shape.then ?? []).reduce((sum, [, part]) => sum + Buffer.byteLength(part), 0);
  const bodied = shape.body !== undefined || shape.then !== undefined;
  const wire: Wire = {
    method: shape.method ?? (bodied ? "POST" : "GET"),
    target: targetOf(one),
    headers: [...shape.headers ?? [], `X-Try: ${id}`],
    body,
    chunked: shape.chunked ?? false,
    length: shape.declares ?? (bodied ? body.length + later : undefined),
  };
  const connection = new Connection(door.port);
  const steps: string[] = [];
  let late = false;
  const step = async (text: string) => {
    const came = await connection.until(text, late ? LATER : STEP);
    late ||= !came;
    steps.push(came ? text : `nothing of ${text}`);
  };
  connection.send(protocol.encode(wire));
  for (const [text, part] of shape.then ?? []) {
    await step(text);
    connection.send(protocol.part(part, wire));
  }
  connection.send(protocol.last(wire));
  for (const text of shape.steps ?? []) {
    await step(text);
    await askBeside(door, `/go?id=${id}`);
  }
  if (shape.leaves !== undefined) {
    await connection.untilOr(
      shape.leaves,
      async () => (await eventsOf(door, id)).some((event) => event.startsWith(shape.leaves!)),
      STEP,
    );
    connection.leave(protocol.leaves);
    const reply = protocol.decode(connection.received, wire.method, undefined);
    const { body } = reply;
    const end = body.indexOf(shape.leaves) + shape.leaves.length;
    // More of a reply may come while its receiver leaves.
    return {
      ...reply,
      body: body.includes(shape.leaves) ? body.slice(0, end) : body,
      ending: "left",
      steps,
    };
  }
  const close = await connection.over(() => protocol.isWhole(connection.received, wire.method));
  return { ...protocol.decode(connection.received, wire.method, close), steps };
}

/** Asks the server of a case for something beside the case. */
export async function askBeside({ port, protocol }: Door, target: string): Promise<Reply> {
  const wire = {
    method: "GET",
    target,
    headers: [],
    body: new Uint8Array(),
    chunked: false,
    length: undefined,
  };
  const connection = new Connection(port);
  connection.send(protocol.encode(wire));
  const close = await connection.over(() => protocol.isWhole(connection.received, "GET"));
  return protocol.decode(connection.received, "GET", close);
}

/** The events of one try so far. */
async function eventsOf(door: Door, id: string): Promise<string[]> {
  const { body } = await askBeside(door, `/events?id=${id}`);
  return JSON.parse(body || "[]");
}

/** A connection to a door. */
class Connection {
  /** What came, one character a byte. */
  received = "";
  #close: Close;
  #changed: PromiseWithResolvers<void> = Promise.withResolvers();
  readonly #socket: Socket;

  constructor(port: number) {
    this.#socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    this.#socket.on("data", (bytes: Buffer) => {
      this.received += bytes.toString("latin1");
      this.#change();
    });
    this.#socket.on("end", () => {
      this.#close ??= "end";
      this.#change();
    });
    this.#socket.on("error", () => {
      this.#close ??= "reset";
      this.#change();
    });
  }

  send(bytes: Uint8Array): void {
    if (bytes.length > 0) this.#socket.write(bytes);
  }

  /** Whether a text has come, within so many milliseconds and before the end. */
  until(text: string, ms: number): Promise<boolean> {
    return this.#wait(() => this.received.includes(text), ms);
  }

  /** The same, or that something else is so, which is asked again and again. */
  async untilOr(text: string, other: () => Promise<boolean>, ms: number): Promise<void> {
    const deadline = Date.now() + ms;
    while (Date.now() < deadline && !this.received.includes(text) && !(await other())) {
      await this.until(text, 15);
    }
  }

  /** Waits for the peer's end, or for the whole reply and a moment in which more may come. */
  async over(isWhole: () => boolean): Promise<Close> {
    await this.#wait(() => isWhole(), END);
    if (this.#close === undefined) await this.#wait(() => false, 300);
    this.leave();
    return this.#close;
  }

  leave(how: Protocol["leaves"] = "closes"): void {
    if (how === "resets") this.#socket.resetAndDestroy();
    else this.#socket.destroy();
  }

  async #wait(done: () => boolean, ms: number): Promise<boolean> {
    const late = sleep(ms, "late" as const, { ref: false });
    while (!done()) {
      if (this.#close !== undefined) return done();
      if (await Promise.race([this.#changed.promise, late]) === "late") return done();
    }
    return true;
  }

  #change(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}
