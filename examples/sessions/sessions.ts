/** Sessions in the memory of one process: they end with it, and are not shared with others. */

/** What is kept of a visitor. */
export interface Session {
  name: string;
  visits: number;
}

/** How long a session is kept that nobody uses, in milliseconds. */
const IDLE_MS = 30 * 60_000;
/** How many there can be; then the one that was unused longest ends. */
const MOST = 10_000;

/** Sessions by their ids, the one that was used last at the end. */
export class Sessions {
  readonly #sessions = new Map<string, { session: Session; usedAt: number }>();
  readonly #now: () => number;

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** Begins a session, and gives its id: a new one for each sign-in, that nobody can guess. */
  begin(session: Session): string {
    const id = crypto.randomUUID();
    this.#keep(id, session);
    for (const [oldest, { usedAt }] of this.#sessions) {
      if (this.#sessions.size <= MOST && !this.#isOver(usedAt)) break;
      this.#sessions.delete(oldest);
    }
    return id;
  }

  /** The session of an id, where there is one. */
  find(id: string): Session | undefined {
    const found = this.#sessions.get(id);
    if (found === undefined) return undefined;
    this.#sessions.delete(id);
    if (this.#isOver(found.usedAt)) return undefined;
    this.#keep(id, found.session);
    return found.session;
  }

  /** Ends a session. */
  end(id: string): void {
    this.#sessions.delete(id);
  }

  #keep(id: string, session: Session): void {
    this.#sessions.set(id, { session, usedAt: this.#now() });
  }

  #isOver(usedAt: number): boolean {
    return this.#now() - usedAt > IDLE_MS;
  }
}
