/**
 * Negotiates `permessage-deflate` from the offers of a client.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7692#section-7.1
 * @module
 */

import { contextIsPossible, type DeflateParameters } from "./deflate.ts";
import { type Extension, parseExtensions } from "./extensions.ts";

/** The options of a server for `permessage-deflate`. */
export interface DeflateOptions {
  /**
   * Whether messages to the client may refer to earlier ones, which costs up to 32 KiB a connection.
   * False unless set; false where `node:zlib` does not use dictionaries, as on Deno.
   */
  serverContextTakeover?: boolean | undefined;
  /** The same of messages from the client. False unless set. */
  clientContextTakeover?: boolean | undefined;
  /** The window of messages to the client, 9 to 15: a power of two, in bytes. 15 unless set. */
  serverMaxWindowBits?: number | undefined;
  /** The window of messages from the client, 8 to 15, where it lets the server choose. 15 unless set. */
  clientMaxWindowBits?: number | undefined;
}

/** An offer that was accepted. */
export interface AcceptedDeflate {
  /** The parameters of both directions. */
  readonly parameters: DeflateParameters;
  /** The value of `Sec-WebSocket-Extensions` in the response. */
  readonly field: string;
}

const MAX_BITS = 15;
/** `node:zlib` has no smaller window for raw deflate. */
const MIN_SERVER_BITS = 9;
const WINDOW_BITS = /^(?:[89]|1[0-5])$/;

/**
 * Accepts the first offer that is valid and can be met.
 *
 * @param offers The value of `Sec-WebSocket-Extensions` in the request.
 * @returns undefined for a value without such an offer, and for a malformed one.
 */
export function negotiateDeflate(
  offers: string | undefined,
  options: DeflateOptions = {},
): AcceptedDeflate | undefined {
  for (const offer of parseExtensions(offers ?? "") ?? []) {
    const accepted = offer.name === "permessage-deflate" ? accept(offer, options) : undefined;
    if (accepted !== undefined) return accepted;
  }
  return undefined;
}

function accept({ parameters }: Extension, options: DeflateOptions): AcceptedDeflate | undefined {
  const offer = new Map(parameters);
  // A parameter must not be repeated.
  if (offer.size < parameters.length) return undefined;
  if (![...offer].every(([name, value]) => isParameter(name, value))) return undefined;

  const serverContextTakeover = options.serverContextTakeover === true &&
    !offer.has("server_no_context_takeover") && contextIsPossible();
  const clientContextTakeover = options.clientContextTakeover === true &&
    !offer.has("client_no_context_takeover");
  const serverMaxWindowBits = Math.min(
    Number(offer.get("server_max_window_bits") ?? MAX_BITS),
    Math.max(options.serverMaxWindowBits ?? MAX_BITS, MIN_SERVER_BITS),
  );
  if (serverMaxWindowBits < MIN_SERVER_BITS) return undefined;
  const clientChooses = !offer.has("client_max_window_bits");
  const clientMaxWindowBits = clientChooses ? MAX_BITS : Math.min(
    Number(offer.get("client_max_window_bits") || MAX_BITS),
    options.clientMaxWindowBits ?? MAX_BITS,
  );

  let field = "permessage-deflate";
  if (!serverContextTakeover) field += "; server_no_context_takeover";
  if (!clientContextTakeover) field += "; client_no_context_takeover";
  if (serverMaxWindowBits < MAX_BITS || offer.has("server_max_window_bits")) {
    field += `; server_max_window_bits=${serverMaxWindowBits}`;
  }
  if (clientMaxWindowBits < MAX_BITS) field += `; client_max_window_bits=${clientMaxWindowBits}`;
  return {
    parameters: {
      serverContextTakeover,
      clientContextTakeover,
      serverMaxWindowBits,
      clientMaxWindowBits,
    },
    field,
  };
}

/** Whether a parameter of an offer is defined, with a value of its own kind. */
function isParameter(name: string, value: string | undefined): boolean {
  switch (name) {
    case "server_no_context_takeover":
    case "client_no_context_takeover":
      return value === undefined;
    case "server_max_window_bits":
      return value !== undefined && WINDOW_BITS.test(value);
    case "client_max_window_bits":
      return value === undefined || WINDOW_BITS.test(value);
    default:
      return false;
  }
}
