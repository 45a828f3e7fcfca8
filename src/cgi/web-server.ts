/**
 * The ways of the web servers that differ from CGI as RFC 3875 has it, by the name in
 * `SERVER_SOFTWARE`.
 *
 * @see https://www.rfc-editor.org/rfc/rfc3875#section-4.1.17
 * @module
 */

/** The name of a web server that this package knows. */
export type WebServerName = "nginx" | "lighttpd" | "apache" | "cherokee";

/** How a web server departs from CGI. */
export interface WebServer {
  /** `REQUEST_URI` is decoded, so that the path has to come from `SCRIPT_NAME` and `PATH_INFO`. */
  readonly decodesTarget: boolean;
  /** Over HTTP the target is passed on resolved, `%2F` decoded; over SCGI it comes as it was sent. */
  readonly resolvesTarget: boolean;
  /** Of a repeated header the field that was sent first comes behind `SERVER_SOFTWARE`, as the last. */
  readonly firstFieldLast: boolean;
  /** The two bytes of `REMOTE_PORT` are swapped. */
  readonly swapsPort: boolean;
  /**
   * A body that ends below its Content-Length leaves the client's connection open, and the next
   * response goes into that body.
   */
  readonly keepsClient: boolean;
  /** A chunked upload follows a `CONTENT_LENGTH` of 0. */
  readonly sendsUndeclared: boolean;
}

const PLAIN: WebServer = {
  decodesTarget: false,
  resolvesTarget: false,
  firstFieldLast: false,
  swapsPort: false,
  keepsClient: false,
  sendsUndeclared: false,
};

const KNOWN: Readonly<Record<WebServerName, WebServer>> = {
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
  },
};

/** The name that `SERVER_SOFTWARE` begins with, in any case; undefined for another one. */
export function webServerName(software: string): WebServerName | undefined {
  const name = /^(?:nginx|lighttpd|apache|cherokee)(?![a-z])/i.exec(software)?.[0];
  return name?.toLowerCase() as WebServerName | undefined;
}

/** The text that was read last: nearly all requests of a server have the same. */
let lastSoftware: string | undefined;
let last: WebServer = PLAIN;

/** The ways of the web server of this `SERVER_SOFTWARE`; those of CGI for an unknown one. */
export function webServer(software: string | undefined): WebServer {
  if (software === lastSoftware) return last;
  const name = webServerName(software ?? "");
  lastSoftware = software;
  return last = name === undefined ? PLAIN : KNOWN[name];
}
