/**
 * Lets the web server send a file, which it does faster than an app could, with ranges and
 * conditional requests.
 *
 * @module
 */

import { type WebServerName, webServerName } from "./web-server.ts";
import { ScgiError } from "../errors.ts";
import { quoted } from "../scgi/printable.ts";
import { utf8ToLatin1 } from "../scgi/latin1.ts";

/** A web server that sends files for an app. */
export type FileSender = WebServerName;

/** Where a file is, and who sends it. */
export interface SendFileOptions {
  /**
   * The absolute path of the folder that the file is in. The check that a file is inside is one of
   * names: a symbolic link in the folder is followed where the web server follows it.
   */
  root: string;
  /** The handler's `env`, whose `SERVER_SOFTWARE` tells which web server it is. */
  env?: Readonly<Record<string, unknown>> | undefined;
  /** Which web server it is, whatever `env` says. */
  server?: FileSender | undefined;
  /** nginx only: the `internal` location whose `alias` is `root`. `/internal/` unless set. */
  prefix?: string | undefined;
  /** Headers of the reply: Content-Type, Content-Disposition, Cache-Control, cookies. */
  headers?: ResponseInit["headers"] | undefined;
}

/** The path of a file as each web server reads it: nginx and lighttpd decode what they are given. */
const spellings: Record<FileSender, (segments: string[], options: SendFileOptions) => string> = {
  nginx: (segments, { prefix = "/internal/" }) => accelPath(prefix, segments),
  lighttpd: (segments, { root }) => encodePath(joined(root, segments)),
  apache: (segments, { root }) => apachePath(root, segments),
  cherokee: (segments, { root }) => asIs(root, segments),
};

/** What nobody names a file, and what ends a header line. */
const CONTROL = /\p{Cc}/u;

/**
 * A Response that has the web server send a file. The web server must be told that it may:
 *
 * - nginx: `location /internal/ { internal; alias /srv/files/; }`. Of `headers` it keeps
 *   Content-Type, Content-Disposition, Cache-Control, Expires and cookies.
 * - lighttpd: `"x-sendfile" => "enable", "x-sendfile-docroot" => ( "/srv/files/" )` beside the
 *   address of the app.
 * - Apache: `ProxySCGISendfile On`, and `Require all granted` for the folder. It sends the whole
 *   file, whatever range was asked for, and no Content-Type but that of `headers`.
 * - Cherokee: `handler!xsendfile = 1`.
 *
 * The path is relative to `root`, and taken as it is: `%2e` is three characters. A file that is not
 * there is the web server's to answer: 404, and with Apache 500.
 *
 * @throws {ScgiError} `FILE_REFUSED` (404) for a path that leads out of `root`, names no file, or
 * has characters that cannot be passed on; `SERVER_UNKNOWN` where nothing says which web server it
 * is; `OPTION_INVALID`.
 *
 * @example
 * ```ts
 * import { sendFile } from "scgi";
 *
 * const app = {
 *   fetch: (_request: Request, env: Record<string, string>) =>
 *     sendFile("annual report.pdf", { root: "/srv/files", env }),
 * };
 * const response = app.fetch(new Request("http://a/"), { SERVER_SOFTWARE: "nginx/1.22.1" });
 * console.log(response.headers.get("x-accel-redirect")); // /internal/annual%20report.pdf
 * ```
 */
export function sendFile(path: string, options: SendFileOptions): Response {
  const { server = serverOf(options.env?.SERVER_SOFTWARE), root } = options;
  if (!Object.hasOwn(spellings, server)) {
    throw invalid("server", server, `must be one of ${Object.keys(spellings).join(", ")}`);
  }
  checkFolder("root", root);
  const headers = new Headers(options.headers);
  // The length is the file's, or the range's.
  headers.delete("content-length");
  headers.set(
    server === "nginx" ? "x-accel-redirect" : "x-sendfile",
    spellings[server](segmentsOf(path), options),
  );
  return new Response(null, { headers });
}

function serverOf(software: unknown): FileSender {
  const name = webServerName(String(software ?? ""));
  if (name !== undefined) return name;
  throw new ScgiError(
    "SERVER_UNKNOWN",
    (software === undefined || software === ""
      ? "There is no SERVER_SOFTWARE"
      : `SERVER_SOFTWARE is ${quoted(software)}`) +
      ", so sendFile cannot tell how this web server is asked to send a file. Pass the handler's " +
      "env, let the web server tell (nginx: scgi_param SERVER_SOFTWARE nginx/$nginx_version;), " +
      'or say which it is: server: "nginx"',
  );
}

function segmentsOf(path: string): string[] {
  const segments = path.split("/");
  if (CONTROL.test(path)) throw refused(path, "has a control character");
  if (!path.isWellFormed()) throw refused(path, "is no well-formed text");
  if (path.startsWith("/")) throw refused(path, "begins with a slash: it must be relative to root");
  if (segments.includes("..")) throw refused(path, "has a segment of two dots");
  if (segments.some((segment) => segment === "" || segment === ".")) {
    throw refused(path, "has a segment that names nothing");
  }
  return segments;
}

/** A client often chose the path, so what it is told has nothing of root in it. */
function refused(path: string, why: string): ScgiError {
  return new ScgiError("FILE_REFUSED", `Not found: the path ${quoted(path)} ${why}`, {
    status: 404,
  });
}

function checkFolder(option: "root" | "prefix", folder: string): void {
  if (!folder.startsWith("/")) throw invalid(option, folder, "must begin with a slash");
  if (CONTROL.test(folder) || !folder.isWellFormed() || folder.split("/").includes("..")) {
    throw invalid(option, folder, "must have neither control characters nor a segment of two dots");
  }
}

function invalid(option: string, value: string, why: string): ScgiError {
  return new ScgiError("OPTION_INVALID", `${option} is ${quoted(value)}, and ${why}`);
}

function accelPath(prefix: string, segments: string[]): string {
  checkFolder("prefix", prefix);
  return encodePath(joined(prefix, segments));
}

function joined(folder: string, segments: string[]): string {
  return `${folder.replace(/\/+$/, "")}/${segments.join("/")}`;
}

function encodePath(path: string): string {
  return path.split("/").map(encodeURIComponent).join("/");
}

/**
 * Apache opens the path as it is, but first reads it as a URL as well, and ends in a 500 where that
 * has a broken escape, or one of a slash or a NUL.
 */
function apachePath(root: string, segments: string[]): string {
  const path = asIs(root, segments);
  if (!/%(?![0-9A-Fa-f]{2})|%2f|%00/i.test(path)) return path;
  throw refused(
    segments.join("/"),
    "has a % that Apache takes for an escape and refuses; rename the file",
  );
}

/** A path in UTF-8, one code unit a byte, as Headers have it. */
function asIs(root: string, segments: string[]): string {
  if (segments.at(-1)!.endsWith(" ")) {
    throw refused(segments.join("/"), "ends in a space, which a header cannot hold");
  }
  return utf8ToLatin1(joined(root, segments));
}
