/**
 * Deviations of web servers from RFC 3875, by the name in `SERVER_SOFTWARE`.
 *
 * @see https://www.rfc-editor.org/rfc/rfc3875#section-4.1.17
 * @module
 */

/** The name of a web server that can send files for an app. */
export type WebServerName = "nginx" | "lighttpd" | "apache" | "cherokee";

/** The name of a web server whose deviations are known. */
type KnownName = WebServerName | "caddy";

/** The deviations of a web server. */
export interface WebServer {
  /** `REQUEST_URI` is decoded, so the path has to be read from `SCRIPT_NAME` and `PATH_INFO`. */
  readonly decodesTarget: boolean;
  /** The access rules apply to the target with `%2F` decoded and dot segments resolved. */
  readonly resolvesTarget: boolean;
  /** Of a repeated field, the value that the client sent first comes last, after `SERVER_SOFTWARE`. */
  readonly firstFieldLast: boolean;
  /** The two bytes of `REMOTE_PORT` are swapped. */
  readonly swapsPort: boolean;
  /**
   * When a body is shorter than its Content-Length, the client's connection stays open, and the
   * client reads the next response as the rest of the body.
   */
  readonly keepsClient: boolean;
  /** The body of a chunked upload follows a `CONTENT_LENGTH` of 0. */
  readonly sendsUndeclared: boolean;
  /** `SCRIPT_NAME` is the whole path of a request without `PATH_INFO`. */
  readonly wholeScriptName: boolean;
  /** The statuses that reach the client, where all others become 500. */
  readonly statuses: ReadonlySet<number> | undefined;
}

const PLAIN: WebServer = {
  decodesTarget: false,
  resolvesTarget: false,
  firstFieldLast: false,
  swapsPort: false,
  keepsClient: false,
  sendsUndeclared: false,
  wholeScriptName: false,
  statuses: undefined,
};

/** Statuses of final responses that Cherokee 1.2.104 sends as they are. */
const CHEROKEE_STATUSES: ReadonlySet<number> = new Set([
  ...[200, 201, 202, 203, 204, 205, 206, 207, 226, 300, 301, 302, 303, 304, 305, 307],
  ...[400, 401, 402, 403, 404, 405, 406, 407, 408, 409, 410, 411, 412, 413, 414, 415, 416, 417],
  ...[422, 423, 424, 425, 426, 449, 500, 501, 502, 503, 504, 505, 506, 507, 509, 510],
]);

const KNOWN: Readonly<Record<KnownName, WebServer>> = {
  nginx: PLAIN,
  lighttpd: { ...PLAIN, resolvesTarget: true, keepsClient: true },
  apache: { ...PLAIN, resolvesTarget: true },
  cherokee: {
    decodesTarget: true,
    resolvesTarget: true,
    firstFieldLast: true,
    swapsPort: true,
    keepsClient: true,
    sendsUndeclared: true,
    wholeScriptName: false,
    statuses: CHEROKEE_STATUSES,
  },
  // Its plugin scgi-transport.
  caddy: { ...PLAIN, wholeScriptName: true },
};

/** Before 1.19.1, nginx compared no body with its Content-Length. */
const OLD_NGINX: WebServer = { ...PLAIN, keepsClient: true };
const IS_OLD_NGINX = /^nginx\/(?:0\.|1\.(?:\d|1[0-8])\.|1\.19\.0(?!\d))/i;

/** The name at the beginning of `SERVER_SOFTWARE`, in any case; undefined for an unknown name. */
export function webServerName(software: string): WebServerName | undefined {
  const name = knownName(software);
  return name === "caddy" ? undefined : name;
}

function knownName(software: string): KnownName | undefined {
  const name = /^(?:nginx|lighttpd|apache|cherokee|caddy)(?![a-z])/i.exec(software)?.[0];
  return name?.toLowerCase() as KnownName | undefined;
}

/** The `SERVER_SOFTWARE` of the last request: nearly all requests of a server have the same. */
let lastSoftware: string | undefined;
let last: WebServer = PLAIN;

/** The deviations of the web server with this `SERVER_SOFTWARE`; none for an unknown name. */
export function webServer(software: string | undefined): WebServer {
  if (software === lastSoftware) return last;
  lastSoftware = software;
  return last = lookUp(software ?? "");
}

function lookUp(software: string): WebServer {
  if (IS_OLD_NGINX.test(software)) return OLD_NGINX;
  const name = knownName(software);
  return name === undefined ? PLAIN : KNOWN[name];
}
