/**
 * Checks the options of printed configurations, so that no value can end its string or line there.
 *
 * @module
 */

import {
  type Address,
  DEFAULT_ADDRESS,
  formatAddress,
  MAX_BOUND_PATH_BYTES,
  MAX_PATH_BYTES,
  parseAddress,
  pathBytes,
  SYSTEMD,
} from "../address.ts";
import { ScgiError } from "../errors.ts";

/** A program whose configuration can be printed. */
export type ConfigTarget = "nginx" | "lighttpd" | "apache" | "cherokee" | "systemd";

/** Options of {@linkcode printConfig}. */
export interface ConfigOptions {
  /** Address that the app listens on: TCP or a Unix socket. `127.0.0.1:4000` unless set. */
  listen?: Address | undefined;
  /**
   * Name of the app, for all that has to differ between two apps of one web server: 1 to 24 letters,
   * digits, hyphens and underscores. `app` unless set.
   */
  name?: string | undefined;
  /** Host name of the site. `example.com` unless set. */
  host?: string | undefined;
  /** Port of the site. 80 unless set. */
  port?: number | undefined;
  /** Whether to print a site for a web server that has a configuration, and not a whole one. */
  site?: boolean | undefined;
  /** Whether to print the locations of `mount` alone, for a site that was printed before. */
  location?: boolean | undefined;
  /** Prefix that the app is mounted under, such as `/app`. `/` unless set. */
  mount?: string | undefined;
  /** Folder whose files the web server sends itself; all other paths go to the app. */
  static?: string | undefined;
  /** Folder whose files the app may let the web server send (`X-Accel-Redirect`, `X-Sendfile`). */
  sendFile?: string | undefined;
  /** Path at which the app allows or refuses each request before it passes (nginx only). */
  auth?: string | undefined;
  /**
   * Whether nginx sends an upload once it has all of it (nginx only). Uploads reach the app while they
   * arrive unless set.
   */
  bufferUploads?: boolean | undefined;
  /** Requests that are open at a time, event streams among them. 4096 unless set. */
  connections?: number | undefined;
  /** Group of the web server, which may use the Unix socket. `www-data` unless set. */
  group?: string | undefined;
  /** The app's module. `/srv/NAME/app.ts` unless set, `/srv/NAME/app.js` where Node runs it. */
  module?: string | undefined;
  /** Program that runs the module (systemd only). `/usr/local/bin/bun` unless set. */
  runtime?: string | undefined;
  /** Path of the command `scgi` (systemd only). `/opt/scgi/src/cli.ts` unless set. */
  cli?: string | undefined;
  /** Processes that serve, for `--workers` (systemd only). The command alone serves unless set. */
  workers?: number | undefined;
  /** The unit to print (systemd only). Both units, with a line before each, unless set. */
  unit?: "socket" | "service" | undefined;
}

/** The address of an app that a web server can connect to. */
export type Backend =
  | { readonly unix: string }
  | { readonly unix?: undefined; readonly hostname: string; readonly port: number };

/** Checked options, with the defaults of those that were not set. */
export interface Settings {
  readonly backend: Backend;
  readonly name: string;
  readonly host: string;
  /** Whether `host` was set. */
  readonly hasHost: boolean;
  readonly port: number;
  readonly site: boolean;
  readonly location: boolean;
  /** Empty, or a prefix with a slash at its beginning and none at its end. */
  readonly mount: string;
  readonly static: string | undefined;
  readonly sendFile: string | undefined;
  readonly auth: string | undefined;
  readonly bufferUploads: boolean;
  readonly connections: number;
  readonly group: string;
  readonly module: string;
  readonly runtime: string;
  readonly cli: string;
  readonly workers: number | undefined;
  readonly unit: "socket" | "service" | undefined;
}

/** The location of nginx for the folder of `sendFile`: the default prefix of `sendFile()`. */
export const SEND_FILE_PATH = "/internal/";

/** With four descriptors each, so many connections stay below the limit of Linux (`nr_open`). */
const MOST_CONNECTIONS = 250_000;

export const HTTP_PORT = 80;

/** `maxConnections` of the app unless set. */
const APP_CONNECTIONS = 10_000;

/**
 * Checks the options of a configuration.
 *
 * @throws {ScgiError} `OPTION_INVALID` or `ADDRESS_INVALID`.
 */
export function checkOptions(options: ConfigOptions = {}): Settings {
  const mount = urlPath("mount", options.mount ?? "/").replace(/\/$/, "");
  const auth = options.auth === undefined ? undefined : urlPath("auth", options.auth);
  if (auth !== undefined && (auth === "/" || auth === mount || !auth.startsWith(`${mount}/`))) {
    throw refused("auth", auth, `must be a path below ${mount}/`);
  }
  const { unit } = options;
  if (unit !== undefined && unit !== "socket" && unit !== "service") {
    throw refused("unit", unit, "must be socket or service");
  }
  const { workers } = options;
  if (workers !== undefined && (!Number.isSafeInteger(workers) || workers < 1)) {
    throw refused("workers", workers, "must be a whole number from 1 on");
  }
  const runtime = file("runtime", options.runtime ?? "/usr/local/bin/bun");
  // Node 20 cannot run TypeScript.
  const app = runtime.endsWith("/node") ? "app.js" : "app.ts";
  const name = appName(options.name ?? "app");
  const { site = false, location = false, bufferUploads = false } = options;
  if (location && mount === "") throw refused("location", true, "needs a mount other than /");
  if (location && site) throw refused("location", true, "cannot be set together with site");
  return {
    backend: backend(options.listen ?? DEFAULT_ADDRESS),
    name,
    host: hostName("host", options.host ?? "example.com"),
    hasHost: options.host !== undefined,
    port: port(options.port ?? HTTP_PORT),
    site,
    location,
    mount,
    static: folder("static", options.static),
    sendFile: folder("sendFile", options.sendFile),
    auth,
    bufferUploads,
    connections: connections(options.connections ?? 4096),
    group: groupName(options.group ?? "www-data"),
    module: file("module", options.module ?? `/srv/${name}/${app}`),
    runtime,
    cli: file("cli", options.cli ?? "/opt/scgi/src/cli.ts"),
    workers,
    unit,
  };
}

/** The command that starts the app, for a comment. */
export function startLine(settings: Settings): string {
  const { backend: { unix }, backend, module, group } = settings;
  // Only systemd binds a socket at a longer path.
  const own = unix === undefined || pathBytes(unix) <= MAX_BOUND_PATH_BYTES;
  const listen = own ? formatAddress(backend) : SYSTEMD;
  const words = ["scgi serve", shellWord(module), "--listen", listen];
  if (unix !== undefined && own) words.push("--group", group);
  return [...words, ...serveFlags(settings)].join(" ");
}

/** The flags of `scgi serve` that follow from the settings, beside its address. */
export function serveFlags({ mount, connections }: Settings): string[] {
  const flags = mount === "" ? [] : ["--strip-prefix", mount];
  if (connections > APP_CONNECTIONS) flags.push("--max-connections", String(connections));
  return flags;
}

/**
 * The file descriptors for so many connections: the client's, the app's, and a file each for a
 * long upload and a long response.
 */
export function descriptors(connections: number): number {
  return 4 * connections + 1024;
}

/**
 * Refuses a Unix socket with a longer path.
 *
 * @param why The subject and the verb of the sentence: `Apache cannot have`.
 * @throws {ScgiError} `OPTION_INVALID`.
 */
export function checkPathLength(
  { unix = "" }: { unix?: string | undefined },
  most: number,
  why: string,
): void {
  if (pathBytes(unix) <= most) return;
  const problem = `has a path of over ${most} bytes, which ${why}. Choose a shorter one`;
  throw refused("listen", `unix:${unix}`, problem);
}

function connections(count: number): number {
  if (Number.isSafeInteger(count) && count >= 1 && count <= MOST_CONNECTIONS) return count;
  throw refused("connections", count, `must be a whole number from 1 to ${MOST_CONNECTIONS}`);
}

function port(number: number): number {
  if (Number.isInteger(number) && number >= 1 && number <= 65_535) return number;
  throw refused("port", number, "must be a whole number from 1 to 65535");
}

function backend(listen: Address): Backend {
  const address = parseAddress(listen);
  if ("unix" in address) {
    checkPathLength(address, MAX_PATH_BYTES, "no Unix socket can have");
    return { unix: file("listen", address.unix, "no spaces") };
  }
  if (!("port" in address)) {
    throw refused("listen", listen, "must be an address that a web server can connect to");
  }
  const { hostname, port } = address;
  if (port === 0) throw refused("listen", listen, "must have a port other than 0");
  if (!hostname.includes(":")) hostName("listen", hostname);
  else if (!/^[0-9A-Fa-f:.]+$/.test(hostname)) {
    throw refused("listen", listen, "must have a host name, or an IP address without a zone");
  }
  return { hostname, port };
}

/** Checks a host name or IPv4 address. Names in other scripts must be in punycode (`xn--…`). */
function hostName(option: string, name: string): string {
  const label = "[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?";
  if (new RegExp(`^${label}(?:\\.${label})*$`).test(name)) return name;
  throw refused(option, name, "must be a host name (letters, digits, dots, hyphens)");
}

/** Checks a name, from which nginx makes names of groups in a regular expression, of 32 letters at most. */
function appName(name: string): string {
  if (/^[A-Za-z][A-Za-z0-9_-]{0,23}$/.test(name)) return name;
  const why = "must have 1 to 24 letters, digits, hyphens and underscores, and begin with a letter";
  throw refused("name", name, why);
}

function groupName(name: string): string {
  if (/^[A-Za-z0-9_][A-Za-z0-9_-]*$/.test(name)) return name;
  throw refused("group", name, "must be the name of a group (letters, digits, hyphens)");
}

function folder(option: string, path: string | undefined): string | undefined {
  if (path === undefined) return undefined;
  const checked = file(option, path).replace(/\/+$/, "");
  if (checked === "") throw refused(option, path, "would make every file of the machine public");
  return checked;
}

/**
 * Checks an absolute path. Letters, digits and a few characters that have no meaning in a
 * configuration are valid; quotes, `$`, `;`, braces, `%`, `#`, backslashes and line ends are not.
 */
function file(option: string, path: string, spaces: "spaces" | "no spaces" = "spaces"): string {
  if (!path.startsWith("/")) throw refused(option, path, "must be an absolute path");
  const bad = /[^\p{L}\p{M}\p{N}/._~@+,:= -]/u.exec(path)?.[0] ??
    (spaces === "no spaces" || path.endsWith(" ") ? / /.exec(path)?.[0] : undefined);
  if (bad !== undefined) throw badCharacter(option, path, bad);
  return noDots(option, path);
}

/** Checks a prefix. Only characters that are never percent-encoded in a URL are valid. */
function urlPath(option: string, path: string): string {
  if (!path.startsWith("/")) throw refused(option, path, "must begin with a slash");
  const bad = /[^A-Za-z0-9/._~-]/.exec(path)?.[0];
  if (bad !== undefined) throw badCharacter(option, path, bad);
  if (path.includes("//")) throw refused(option, path, "must not have two slashes in a row");
  return noDots(option, path);
}

function noDots(option: string, path: string): string {
  if (/\/\.{1,2}(\/|$)/.test(path)) throw refused(option, path, "must not have a segment . or ..");
  return path;
}

function badCharacter(option: string, value: string, character: string): ScgiError {
  return refused(
    option,
    value,
    `has the character ${JSON.stringify(character)}, which a configuration cannot hold safely`,
  );
}

/** The error of an option that is not valid. */
export function refused(option: string, value: unknown, why: string): ScgiError {
  return new ScgiError("OPTION_INVALID", `${option} is ${JSON.stringify(value)}: it ${why}`);
}

function shellWord(path: string): string {
  return path.includes(" ") ? `'${path}'` : path;
}
