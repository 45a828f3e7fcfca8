/**
 * Checks the request of a WebSocket handshake. Web servers check little of it themselves.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6455#section-4.2.1
 * @module
 */

import { offeredProtocols } from "./extensions.ts";
import { cannotCarry } from "./web-server.ts";

/** A handshake that may be accepted. */
export interface Handshake {
  /** Always true: tells a handshake from a refusal. */
  readonly ok: true;
  /** `Sec-WebSocket-Key`. */
  readonly key: string;
  /** The subprotocols that the client offers, in its order. */
  readonly protocols: readonly string[];
  /** `Sec-WebSocket-Extensions`, for `negotiateDeflate`. */
  readonly extensions: string | undefined;
}

/** A handshake that is refused. */
export interface Refusal {
  /** Always false. */
  readonly ok: false;
  /** The status of the response: 400, 405, 426 or 501. */
  readonly status: number;
  /** The body of the response: what is wrong, and what to do. */
  readonly message: string;
  /** The fields of the response that belong to its status. */
  readonly fields: Readonly<Record<string, string>>;
}

/** The version of RFC 6455. */
const VERSION = "13";
/** 16 bytes in base64. */
const KEY = /^[A-Za-z0-9+/]{22}==$/;

/**
 * Checks a handshake: that it is a GET of HTTP/1.1 without a body, with the fields of RFC 6455, and
 * comes through a web server that can carry a WebSocket. The `Origin` is the app's to check.
 *
 * @param variables The CGI variables of the request.
 * @param contentLength The length of its body in bytes.
 * @param carried Whether the web server can carry a WebSocket: true and false say so, save for the HTTP
 * front of this package, which can. By `SERVER_SOFTWARE` unless set, which lighttpd's `server.tag` may
 * hide.
 */
export function checkHandshake(
  variables: Readonly<Record<string, string | undefined>>,
  contentLength: number,
  carried?: boolean,
): Handshake | Refusal {
  const { REQUEST_METHOD = "", SERVER_PROTOCOL: protocol = "", SERVER_SOFTWARE } = variables;
  const obstacle = cannotCarry(SERVER_SOFTWARE, protocol, carried);
  if (obstacle !== undefined) return refusal(501, obstacle);
  if (REQUEST_METHOD !== "GET") {
    const message = `A WebSocket handshake has the method GET, not ${REQUEST_METHOD}`;
    return refusal(405, message, { Allow: "GET" });
  }
  if (!hasToken(variables.HTTP_UPGRADE, "websocket")) {
    return refusal(
      426,
      `This address speaks WebSocket only: ${noUpgrade(SERVER_SOFTWARE)}`,
      upgradeFields(protocol),
    );
  }
  if (protocol !== "" && protocol !== "HTTP/1.1") {
    return refusal(400, `A WebSocket handshake is of HTTP/1.1, not of ${protocol}`);
  }
  if (!hasToken(variables.HTTP_CONNECTION, "upgrade")) {
    return refusal(400, "The Connection field of a WebSocket handshake must name Upgrade");
  }
  const version = variables.HTTP_SEC_WEBSOCKET_VERSION?.trim() || "missing";
  if (version !== VERSION) {
    return refusal(
      426,
      `The WebSocket version must be ${VERSION}, not ${version}`,
      { ...upgradeFields(protocol), "Sec-WebSocket-Version": VERSION },
    );
  }
  const key = variables.HTTP_SEC_WEBSOCKET_KEY?.trim() ?? "";
  if (!KEY.test(key)) {
    return refusal(400, "Sec-WebSocket-Key must be 16 bytes in base64");
  }
  if (contentLength > 0) {
    return refusal(400, "A WebSocket handshake must not have a body");
  }
  return {
    ok: true,
    key,
    protocols: offeredProtocols(variables.HTTP_SEC_WEBSOCKET_PROTOCOL),
    extensions: variables.HTTP_SEC_WEBSOCKET_EXTENSIONS,
  };
}

/** HTTP/2 has no such fields: nginx before 1.31.3 passes Upgrade on, which breaks the response. */
function upgradeFields(protocol: string): Refusal["fields"] {
  return /^HTTP\/[23]/i.test(protocol) ? {} : { Upgrade: "websocket", Connection: "Upgrade" };
}

function noUpgrade(software = ""): string {
  return /^lighttpd(?![a-z])/i.test(software)
    ? "the request has no Upgrade to it. lighttpd removes it unless the host in scgi.server has " +
      '"upgrade" => "enable"'
    : "the request has no Upgrade to it";
}

/** Whether a field is a list with the token, in any case. */
function hasToken(value: string | undefined, token: string): boolean {
  return (value ?? "").split(",").some((element) => element.trim().toLowerCase() === token);
}

function refusal(status: number, message: string, fields: Refusal["fields"] = {}): Refusal {
  return { ok: false, status, message, fields };
}
