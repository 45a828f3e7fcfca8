/** What a case sees and waits for in the app. */

import process from "node:process";

/** Events and permissions of one try of a case. */
class Try {
  readonly events: string[] = [];
  #permits = 0;
  readonly #waiting: (() => void)[] = [];

  /** Lets the app go on once. */
  permit(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#permits++;
    else next();
  }

  go(): Promise<void> {
    if (this.#permits > 0) {
      this.#permits--;
      return Promise.resolve();
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}

const tries = new Map<string, Try>();

function tryOf(id: string): Try {
  let found = tries.get(id);
  if (found === undefined) tries.set(id, found = new Try());
  return found;
}

/** The events of all tries, each in the order of its text: runtimes tell them in orders of their own. */
export function allEvents(): Record<string, string[]> {
  const entries = [...tries].filter(([, { events }]) => events.length > 0);
  return Object.fromEntries(entries.map(([id, { events }]) => [id, events.toSorted()]));
}

/** The events of one try. */
export function eventsOf(id: string): string[] {
  return tryOf(id).events;
}

/** Lets the app of a try go on. */
export function permit(id: string): void {
  tryOf(id).permit();
}

/** The values that a server gives a handler beside the request. */
export interface Extras {
  /** Bun's server, Deno's information, what @hono/node-server or `scgi serve` give. */
  readonly server?: unknown;
  /** When the reply was delivered, where the server tells. */
  readonly completed?: Promise<unknown>;
}

/** One request of a case, as the app has it. */
export class At {
  /** The try that the request is of. */
  readonly id: string;
  readonly extras: Extras;
  /** A folder for files. */
  readonly folder: string = process.env.GATE_FOLDER ?? "/nonexistent";
  /** An HTTP server that the app can call, without a slash at the end. */
  readonly upstream: string = `http://127.0.0.1:${process.env.GATE_UPSTREAM}`;

  constructor(id: string, extras: Extras) {
    this.id = id;
    this.extras = extras;
  }

  /** Notes what happened, and the name of an error or the value that came with it. */
  saw(what: string, ...details: unknown[]): void {
    tryOf(this.id).events.push([what, ...details.map(nameOf)].join(" "));
  }

  /** Resolves when the sender has seen what it waited for. */
  go(): Promise<void> {
    return tryOf(this.id).go();
  }

  /** Notes when a request's signal aborts. */
  watch({ signal }: Request): void {
    if (signal.aborted) this.saw("signal is aborted", signal.reason);
    signal.addEventListener("abort", () => this.saw("signal", signal.reason));
  }

  /** Notes how a promise settles. */
  async settles<T>(what: string, promise: Promise<T>): Promise<T | undefined> {
    try {
      const value = await promise;
      this.saw(`${what} resolves`);
      return value;
    } catch (error) {
      this.saw(`${what} rejects`, error);
      return undefined;
    }
  }
}

/** What is compared of a value: of an error its name, as its text is each runtime's own. */
export function nameOf(value: unknown): string {
  if (value instanceof Error || value instanceof DOMException) return value.name;
  if (typeof value === "object" && value !== null) return value.constructor?.name ?? "object";
  return String(value);
}

/** A failure of an app that names its try, for handlers of errors that are told nothing else. */
export class CaseError extends Error {
  override readonly name: string = "CaseError";
  readonly id: string;

  constructor({ id }: At, message = "a detail") {
    super(message);
    this.id = id;
  }
}
