/**
 * The succession of servers at the paths of Unix sockets: the new server takes the paths once it is
 * ready, and the old server notices that and stops.
 *
 * @module
 */

import type { ListenAddress } from "../address.ts";
import { whenReplaced } from "../runtime/sockets/replaced.ts";
import type { Bound } from "../transport/socket.ts";

/** A socket at an address, and maybe with a path. */
type Addressed = Pick<Bound, "address" | "takePath" | "isReplaced">;

/** The place of one server between its predecessor and its successor. */
export class Succession {
  /** Called when a successor has taken over all paths. */
  onReplaced: () => void;
  /** Called with an address whose former server has not begun to stop. */
  readonly #onStays: (address: ListenAddress) => void;
  #sockets: readonly Addressed[] = [];
  #held = false;
  #endWatch: () => void = () => {};

  constructor(onReplaced: () => void, onStays: (address: ListenAddress) => void) {
    this.onReplaced = onReplaced;
    this.#onStays = onStays;
  }

  /**
   * Postpones the taking of the paths, for an app that is not ready yet although the server is.
   *
   * @returns a function that takes them, for when {@linkcode begin} was called.
   */
  hold(): () => Promise<void> {
    this.#held = true;
    return () => this.#take();
  }

  /** Takes the paths of sockets that were bound beside living ones, and watches for a successor. */
  async begin(sockets: readonly Addressed[]): Promise<void> {
    this.#sockets = sockets;
    if (!this.#held) await this.#take();
  }

  /** Ends the watch. */
  end(): void {
    this.#endWatch();
  }

  async #take(): Promise<void> {
    for (const { address, takePath } of this.#sockets) {
      if (takePath === undefined) continue;
      const { stops } = await takePath();
      void stops.then((yes) => yes || this.#onStays(address));
    }
    this.#endWatch = whenReplaced(this.#sockets, () => this.onReplaced());
  }
}
