/**
 * Responses that let the web server send a file: faster than an app could, with ranges and
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

/** Options of {@linkcode sendFile}. */
export interface SendFileOptions {
  /**
   * The absolute path of the folder that the file is in. Paths are compared as text: a symbolic link
   * inside the folder may lead out of it, if the web server follows links.
   */
  root: string;
  /** The handler's `env`, whose `SERVER_SOFTWARE` names the web server. */
  env?: Readonly<Record<string, unknown>> | undefined;
  /** The web server. Named by `env` unless set. */
  server?: FileSender | undefined;
  /** nginx only: the `internal` location whose `alias` is `root`. `/internal/` unless set. */
  prefix?: string | undefined;
  /** Headers of the response: Content-Type, Content-Disposition, Cache-Control, cookies. */
  headers?: ResponseInit["headers"] | undefined;
}

/** The path of a file for each web server: nginx and lighttpd percent-decode it. */
const spellings: Record<FileSender, (segments: string[], options: SendFileOptions) => string> = {
  nginx: (segments, { prefix = "/internal/" }) => accelPath(prefix, segments),
  lighttpd: (segments, { root }) => encodePath(joined(root, segments)),
  apache: (segments, { root }) => apachePath(root, segments),
  cherokee: (segments, { root }) => asIs(root, segments),
};

/** Matches a control character, which would end the header line, or is in no sane file name. */
const CONTROL = /\p{Cc}/u;

/**
 * A `Response` that makes the web server send a file. The web server's configuration must allow it:
 *
 * - nginx: `location /internal/ { internal; alias /srv/files/; }`. Of `headers` it keeps
 *   Content-Type, Content-Disposition, Cache-Control, Expires and cookies.
 * - lighttpd: `"x-sendfile" => "enable", "x-sendfile-docroot" => ( "/srv/files/" )` beside the
 *   address of the app.
 * - Apache: `ProxySCGISendfile On`, and `Require all granted` for the folder. It sends the whole
 *   file, whatever range was asked for, and no Content-Type but that of `headers`.
 * - Cherokee: `handler!xsendfile = 1`.
 *
 * The path is relative to `root`, and not decoded: `%2e` is three characters. For a file that does
 * not exist the web server's response is 404, and 500 with Apache and Cherokee.
 *
 * @throws {ScgiError} `FILE_REFUSED` (404) for a path that leads out of `root`, is not the path of a
 * file, or has characters that a header cannot hold; `SERVER_UNKNOWN` where neither `server` nor
 * `env` names the web server; `OPTION_INVALID`.
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
      ? "SERVER_SOFTWARE is missing"
      : `SERVER_SOFTWARE is ${quoted(software)}`) +
      ", so sendFile cannot tell how to make this web server send a file. Pass the handler's " +
      "env, make the web server send it (nginx: scgi_param SERVER_SOFTWARE " +
      'nginx/$nginx_version;), or set the option server, as in server: "nginx"',
  );
}

function segmentsOf(path: string): string[] {
  const segments = path.split("/");
  if (CONTROL.test(path)) throw refused(path, "has a control character");
  if (!path.isWellFormed()) throw refused(path, "is not well-formed text");
  if (path.startsWith("/")) throw refused(path, "begins with a slash: it must be relative to root");
  if (segments.includes("..")) throw refused(path, "has a segment of two dots");
  if (segments.some((segment) => segment === "" || segment === ".")) {
    throw refused(path, "has an empty segment or a segment of one dot");
  }
  return segments;
}

/** The client, which often chose the path, sees this message, so it must not contain `root`. */
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
 * Apache opens the path undecoded, but parses it as a URL before, and responds with 500 where the
 * URL has a broken escape, `%2F` or `%00`.
 */
function apachePath(root: string, segments: string[]): string {
  const path = asIs(root, segments);
  if (!/%(?![0-9A-Fa-f]{2})|%2f|%00/i.test(path)) return path;
  throw refused(
    segments.join("/"),
    "has a % that Apache takes for an escape and refuses; rename the file",
  );
}

/** A path as the UTF-8 bytes of a header value. */
function asIs(root: string, segments: string[]): string {
  if (segments.at(-1)!.endsWith(" ")) {
    throw refused(segments.join("/"), "ends in a space, which a header cannot hold");
  }
  return utf8ToLatin1(joined(root, segments));
}
