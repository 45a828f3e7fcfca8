/**
 * The hand-over of a connection to another protocol: the upgrade that an exchange keeps until its
 * Response is sent.
 *
 * @module
 */

import { readVariables, type Variables } from "../cgi/variables.ts";
import type { ScgiError } from "../errors.ts";
import type { Head } from "../scgi/head.ts";
import type { ServerInternals } from "./internals.ts";
import { type Offer, registerUpgradable, type Upgradable, upgradeFailed } from "./upgrade.ts";

const UPGRADED_BEFORE = "The request was upgraded before; a request can be upgraded once";

/** The exchange of a request that asks for an upgrade. */
export interface HandoverOwner {
  /** Whether the handler works, and nothing was answered. */
  readonly handling: boolean;
  /** Whether the connection is a tunnel. */
  readonly upgraded: boolean;
  /** Sends the Response of an upgrade while the handler works. */
  switch(offer: Offer): void;
  /** Answers a failure in the place of the handler. */
  fail(failure: ScgiError): void;
}

/** The upgrade of one request. */
export class Handover implements Upgradable {
  readonly #server: ServerInternals;
  /** The head of the request, until the upgrade is made. */
  #head: Head | undefined;
  readonly #request: Request;
  readonly #owner: HandoverOwner;
  /** The upgrade that waits for its Response. */
  #offer: Offer | undefined;

  /** Lets the request be upgraded. */
  constructor(server: ServerInternals, head: Head, request: Request, owner: HandoverOwner) {
    this.#server = server;
    this.#head = head;
    this.#owner = owner;
    this.#request = request;
    registerUpgradable(request, this);
  }

  /** {@inheritDoc Upgradable.sent} */
  get sent(): Variables {
    if (this.#head === undefined) throw upgradeFailed(UPGRADED_BEFORE);
    return readVariables(this.#head);
  }

  /** {@inheritDoc Upgradable.contentLength} */
  get contentLength(): number {
    return this.#head?.contentLength ?? 0;
  }

  /** {@inheritDoc Upgradable.carried} */
  get carried(): boolean | undefined {
    return this.#server.mapping.upgrades;
  }

  /** {@inheritDoc Upgradable.clock} */
  get clock(): { now(): number } {
    return this.#server;
  }

  /** {@inheritDoc Upgradable.reporter} */
  reporter(withRequest: boolean): (error: unknown) => void {
    const server = this.#server;
    const request = withRequest ? this.#request : undefined;
    return (error) => void server.report(error, request);
  }

  /** {@inheritDoc Upgradable.keep} */
  keep(offer: Offer): string | undefined {
    if (this.#offer !== undefined || this.#owner.upgraded) {
      return UPGRADED_BEFORE;
    }
    if (!this.#owner.handling) {
      return "The request cannot be upgraded any more: it was answered, or its client has left";
    }
    this.#offer = offer;
    return undefined;
  }

  /** {@inheritDoc Upgradable.switch} */
  switch(): void {
    if (this.#offer !== undefined) this.#owner.switch(this.#offer);
  }

  /** {@inheritDoc Upgradable.refuseUpgrade} */
  refuseUpgrade(refusal: ScgiError): void {
    if (this.#owner.handling) this.#owner.fail(refusal);
  }

  /** The upgrade that a Response makes; a Response that makes none withdraws it. */
  offerOf(response: Response): Offer | undefined {
    if (this.#offer?.isMadeBy(response) !== true) this.withdraw();
    return this.#offer;
  }

  /** Takes the news that the upgrade is made. */
  made(): void {
    this.#offer = this.#head = undefined;
  }

  /** Ends the upgrade: its Response is not sent. */
  withdraw(): void {
    const offer = this.#offer;
    this.#offer = undefined;
    offer?.upgrade.protocol.close();
  }
}
