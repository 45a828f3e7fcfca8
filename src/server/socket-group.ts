/**
 * The sockets of one server, and the topics that they subscribe to. Both are of this process: sockets
 * of other workers are not reached.
 *
 * @module
 */

import { PreparedMessage } from "../websocket/prepared-message.ts";
import { type Message, sizeOf } from "./socket-message.ts";
import { maySendCompressed, type WebSocketSettings } from "./websocket-settings.ts";

/** A member of a group that messages of a topic are sent to. */
export interface Subscriber {
  /** Sends a message of a topic, unless the socket is closed. */
  deliver(message: PreparedMessage): void;
  /** Sends a message of a topic that has to be read first, as {@linkcode deliver} does. */
  send(message: Message, compress: boolean): void;
  /** Sends a close frame, and closes the socket. */
  shut(code: number, reason: string): void;
}

/** Sockets, topics and the settings that they share. */
export class SocketGroup {
  /** The present handlers and options: another set of handlers takes over open sockets, too. */
  settings: WebSocketSettings;
  /** Takes the errors of handlers where the settings have no `error`. */
  readonly report: (error: unknown) => void;
  readonly members: Set<Subscriber> = new Set();
  readonly #topics: Map<string, Set<Subscriber>> = new Map();

  constructor(settings: WebSocketSettings, report: (error: unknown) => void) {
    this.settings = settings;
    this.report = report;
  }

  /** Adds a subscriber to a topic. */
  subscribe(topic: string, subscriber: Subscriber): void {
    const subscribers = this.#topics.get(topic);
    if (subscribers === undefined) this.#topics.set(topic, new Set([subscriber]));
    else subscribers.add(subscriber);
  }

  /** Takes a subscriber off a topic. */
  unsubscribe(topic: string, subscriber: Subscriber): void {
    const subscribers = this.#topics.get(topic);
    subscribers?.delete(subscriber);
    if (subscribers?.size === 0) this.#topics.delete(topic);
  }

  /** The number of sockets that subscribe to a topic. */
  count(topic: string): number {
    return this.#topics.get(topic)?.size ?? 0;
  }

  /**
   * Sends a message to the subscribers of a topic in this process.
   *
   * @param except A subscriber that is left out.
   * @returns the number of its bytes; 0 where no subscriber was sent the message.
   */
  publish(topic: string, message: Message, compress: boolean, except?: Subscriber): number {
    let reached = false;
    const prepared = message instanceof Blob
      ? undefined
      : new PreparedMessage(message, compress && maySendCompressed(this.settings));
    // A handler of the sockets may change the set meanwhile.
    for (const subscriber of [...this.#topics.get(topic) ?? []]) {
      if (subscriber === except) continue;
      reached = true;
      if (prepared === undefined) subscriber.send(message, compress);
      else subscriber.deliver(prepared);
    }
    return reached ? sizeOf(message) : 0;
  }
}
