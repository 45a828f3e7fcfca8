/**
 * The connections of a server: a set that is entered and left for each request. A Set, whose table is
 * made anew every few of those, costs Bun a fifth of what a request costs.
 *
 * @module
 */

/** A member of at most one such set. */
export interface Member {
  /** The member's place in its set. */
  place: number;
}

/** A set without an order. */
export class ConnectionSet<Type extends Member> {
  readonly #members: Type[] = [];

  /** The number of members. */
  get size(): number {
    return this.#members.length;
  }

  /** Adds a member that is in no set. */
  add(member: Type): void {
    member.place = this.#members.push(member) - 1;
  }

  /** Removes a member of this set. */
  delete(member: Type): void {
    const last = this.#members.pop()!;
    if (last === member) return;
    last.place = member.place;
    this.#members[last.place] = last;
  }

  /** Calls an action with each member, which it may remove. */
  each(action: (member: Type) => unknown): void {
    // Backwards: the member that takes the place of a removed one has had its turn.
    for (let place = this.#members.length - 1; place >= 0; place--) {
      const member = this.#members[place];
      if (member !== undefined) action(member);
    }
  }
}
