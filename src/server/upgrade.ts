/**
 * The way from a `Request` to a tunnel: which requests may be upgraded, and which Response makes the
 * switch.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-7.8
 * @module
 */

import type { Variables } from "../cgi/variables.ts";
import { ScgiError } from "../errors.ts";
import { upgradeResponse } from "../runtime/fetch/upgrade-response.ts";
import type { Upgrade } from "../transport/tunnel.ts";

/** The exchange of a request that asks for an upgrade. */
export interface Upgradable {
  /** The variables as the web server sent them; the handler may have changed its own. */
  readonly sent: Variables;
  readonly contentLength: number;
  /** Whether the web server carries upgrades; undefined where its name has to tell. */
  readonly carried: boolean | undefined;
  /** Keeps an upgrade until a Response is sent. Returns why it is too late for it, where it is. */
  keep(offer: Offer): string | undefined;
  /** Sends the Response of the upgrade that is kept at once; that of the handler is ignored. */
  switch(): void;
  /** Answers a handshake that is refused in the place of the handler. */
  refuseUpgrade(refusal: ScgiError): void;
  /**
   * A function that reports errors which a protocol of the tunnel met.
   *
   * @param withRequest Whether the app is given the Request with them, which then lives as long as the
   * tunnel.
   */
  reporter(withRequest: boolean): (error: unknown) => void;
  /** Tells the present time in milliseconds, as exact as time-outs need it. */
  readonly clock: { now(): number };
}

/** Requests that ask for an upgrade. A WeakMap is too slow for all of them. */
const upgradable: WeakMap<Request, Upgradable> = new WeakMap();

/** Whether the variables show that the client asked for an upgrade, even if the web server hides it. */
export function asksForUpgrade({ HTTP_UPGRADE, HTTP_SEC_WEBSOCKET_KEY }: Variables): boolean {
  return HTTP_UPGRADE !== undefined || HTTP_SEC_WEBSOCKET_KEY !== undefined;
}

/** Lets a request be upgraded. */
export function registerUpgradable(request: Request, exchange: Upgradable): void {
  upgradable.set(request, exchange);
}

/** The exchange of a request that asks for an upgrade; undefined for any other Request. */
export function upgradableOf(request: Request): Upgradable | undefined {
  return upgradable.get(request);
}

/** An upgrade, and the Response that makes it. */
export class Offer {
  readonly upgrade: Upgrade;
  /** The Response, whose status reads 101. A copy of it makes the upgrade, too. */
  readonly response: Response;
  readonly #mark: readonly [name: string, value: string];

  /**
   * @param mark The name and value of a field by which a copy of the Response is known: middleware
   * may put the Response into another one with more fields.
   */
  constructor(
    upgrade: Upgrade,
    fields: readonly (readonly [name: string, value: string])[],
    mark: readonly [name: string, value: string],
  ) {
    this.upgrade = upgrade;
    this.#mark = mark;
    this.response = upgradeResponse([mark, ...fields]);
  }

  /** Whether a Response is the one of the upgrade. */
  isMadeBy(response: Response): boolean {
    if (response === this.response) return true;
    const [name, value] = this.#mark;
    return response.headers.get(name) === value;
  }
}

/** Makes the Response of an upgrade, and keeps the upgrade until a Response is sent. */
export function offerUpgrade(exchange: Upgradable, offer: Offer): Response {
  const late = exchange.keep(offer);
  if (late !== undefined) throw upgradeFailed(late);
  return offer.response;
}

/** The failure of an app that upgrades a request wrongly. */
export function upgradeFailed(message: string): ScgiError {
  return new ScgiError("UPGRADE_REFUSED", message, { status: 500 });
}

/** The failures by which upgrades are refused: left uncaught, they are the answer. */
const refusals: WeakSet<ScgiError> = new WeakSet();

/** The failure of a handshake that cannot become an upgrade. */
export function upgradeRefused(
  status: number,
  message: string,
  headers?: Readonly<Record<string, string>>,
): ScgiError {
  const refusal = new ScgiError("UPGRADE_REFUSED", message, { status, headers });
  refusals.add(refusal);
  return refusal;
}

/** Whether a failure is of {@linkcode upgradeRefused}. */
export function isUpgradeRefusal(failure: ScgiError): boolean {
  return refusals.has(failure);
}
