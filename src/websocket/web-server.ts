/**
 * Which web servers can carry a WebSocket over SCGI, by `SERVER_SOFTWARE`.
 *
 * @module
 */

/** The first release of lighttpd that tunnels over SCGI. */
const LIGHTTPD_SINCE = [1, 4, 74] as const;
/** Servers that send 101 on and then nothing, or never ask for an upgrade. */
const NEVER: Readonly<Record<string, string>> = {
  apache: "mod_proxy_scgi passes no bytes after the head of a 101",
  cherokee: "it takes the Upgrade off every request",
  caddy: "its SCGI transport cannot write after the request",
  litespeed: "its SCGI has no upgrade",
  openlitespeed: "its SCGI has no upgrade",
};

/** `SERVER_SOFTWARE` of the HTTP front of this package. */
const FRONT = "scgi";

/**
 * Why a WebSocket cannot be carried to the client; undefined where it can. A server of unknown
 * name, or none, as nginx sends with its stock parameters, is taken for one that can.
 *
 * @param software `SERVER_SOFTWARE`.
 * @param protocol `SERVER_PROTOCOL`.
 * @param carried Whether the web server can, where that is known otherwise than by its name.
 */
export function cannotCarry(
  software: string | undefined,
  protocol: string,
  carried?: boolean,
): string | undefined {
  if (software === FRONT || carried === true) return undefined;
  if (carried === false) {
    return "The web server cannot carry a WebSocket over SCGI, says the option upgrades: false " +
      `(--no-upgrades). ${ELSEWHERE}`;
  }
  const [, product = "", name = "", version = ""] =
    /^(([A-Za-z]+)(?:\/([0-9.]+))?)/.exec(software ?? "") ?? [];
  const never = NEVER[name.toLowerCase()];
  if (never !== undefined) {
    return `${product} cannot carry a WebSocket over SCGI: ${never}. ${ELSEWHERE}`;
  }
  if (name.toLowerCase() !== "lighttpd") return undefined;
  if (isBefore(version, LIGHTTPD_SINCE)) {
    return `${product} cannot carry a WebSocket over SCGI: ` +
      `lighttpd can from ${LIGHTTPD_SINCE.join(".")} on. ${ELSEWHERE}`;
  }
  if (/^HTTP\/[23]/i.test(protocol)) {
    return `${product} cannot carry a WebSocket over ${protocol} and SCGI. Switch HTTP/2 off: ` +
      'server.feature-flags = ( "server.h2proto" => "disable" )';
  }
  return undefined;
}

const ELSEWHERE = "Let it pass WebSockets to an HTTP address of this app";

/** Whether a version is known, and lower. */
function isBefore(version: string, since: readonly number[]): boolean {
  const parts = version.split(".").map(Number);
  if (version === "" || parts.length < since.length) return false;
  for (const [i, part] of since.entries()) {
    if (parts[i] !== part) return parts[i]! < part;
  }
  return false;
}
