/** Sessions in the memory of a process: they end with the process, and no other process sees them. */

export interface Session {
  name: string;
  visits: number;
}

/** The age at which an unused session ends, in milliseconds. */
const IDLE_MS = 30 * 60_000;
/** The most sessions; above it the least recently used session ends. */
const MOST = 10_000;

/** Sessions by their ids, the most recently used session last. */
export class Sessions {
  readonly #sessions = new Map<string, { session: Session; usedAt: number }>();
  readonly #now: () => number;

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** Begins a session, and returns its id: new for each sign-in, and unguessable. */
  begin(session: Session): string {
    const id = crypto.randomUUID();
    this.#keep(id, session);
    for (const [oldest, { usedAt }] of this.#sessions) {
      if (this.#sessions.size <= MOST && !this.#isOver(usedAt)) break;
      this.#sessions.delete(oldest);
    }
    return id;
  }

  /** The session of an id; undefined where it has ended. */
  find(id: string): Session | undefined {
    const found = this.#sessions.get(id);
    if (found === undefined) return undefined;
    this.#sessions.delete(id);
    if (this.#isOver(found.usedAt)) return undefined;
    this.#keep(id, found.session);
    return found.session;
  }

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
