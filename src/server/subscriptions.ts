/**
 * The topics that one socket subscribes to, and what it publishes itself.
 *
 * @module
 */

import type { SocketGroup, Subscriber } from "./socket-group.ts";
import type { Message } from "./socket-message.ts";

/** The topics of a member of a group. */
export class Subscriptions {
  readonly #group: SocketGroup;
  readonly #subscriber: Subscriber;
  /** Most sockets have no topic. */
  #topics: Set<string> | undefined;

  constructor(group: SocketGroup, subscriber: Subscriber) {
    this.#group = group;
    this.#subscriber = subscriber;
  }

  /** The names of the topics. */
  get names(): string[] {
    return [...this.#topics ?? []];
  }

  /** Adds a topic. */
  add(topic: string): void {
    (this.#topics ??= new Set()).add(topic);
    this.#group.subscribe(topic, this.#subscriber);
  }

  /** Takes a topic off. Returns whether it was there. */
  delete(topic: string): boolean {
    this.#group.unsubscribe(topic, this.#subscriber);
    return this.#topics?.delete(topic) === true;
  }

  /** Whether a topic is there. */
  has(topic: string): boolean {
    return this.#topics?.has(topic) === true;
  }

  /** Takes all topics off. */
  clear(): void {
    for (const topic of this.#topics ?? []) this.#group.unsubscribe(topic, this.#subscriber);
    this.#topics = undefined;
  }

  /**
   * Sends a message to the other subscribers of a topic; with `publishToSelf`, to this one as well.
   *
   * @returns the number of its bytes; 0 where no other socket has the topic.
   */
  publish(topic: string, message: Message, compress: boolean): number {
    const except = this.#group.settings.publishToSelf === true ? undefined : this.#subscriber;
    return this.#group.publish(topic, message, compress, except);
  }
}
