/**
 * The flags of the commands that serve: each option of `serve()` that is a plain value, in
 * kebab-case.
 *
 * @module
 */

import { HIGHEST_PORT, MAX_FD } from "../address.ts";
import { DEFAULT_LIMITS as LIMIT, type Limits, type ServeOptions } from "../server/options.ts";
import { quoted } from "../scgi/printable.ts";
import { CommandError } from "./error.ts";
import { assignments, type Flags, type ParsedFlags, wholeNumber } from "./flags.ts";
import { kebab } from "./option-name.ts";

const LIMITS = Object.keys(LIMIT) as (keyof Limits)[];

/** The flags of `scgi serve` and `scgi run`. */
export const SERVE_FLAGS: Flags = {
  listen: { type: "string", multiple: true },
  hostname: { type: "string" },
  port: { type: "string" },
  unix: { type: "string" },
  fd: { type: "string" },
  mode: { type: "string" },
  group: { type: "string" },
  "reuse-port": { type: "boolean" },
  "take-over": { type: "boolean" },
  allow: { type: "string", multiple: true },
  "url-from": { type: "string" },
  "strip-prefix": { type: "string" },
  upgrades: { type: "boolean" },
  "record-responses": { type: "boolean" },
  http: { type: "string" },
  log: { type: "string" },
  "log-format": { type: "string" },
  status: { type: "string" },
  quiet: { type: "boolean" },
  watch: { type: "boolean" },
  ...Object.fromEntries(LIMITS.map((name) => [kebab(name), { type: "string" as const }])),
};

/** The help of these flags. */
export const SERVE_FLAGS_USAGE: string =
  `      --listen ADDR           unix:/path, HOST:PORT, [v6]:PORT, PORT, fd:N for an inherited socket,
                              or systemd for all sockets of its unit; may be repeated
                              (default 127.0.0.1:4000)
      --hostname NAME, --port N
                              a TCP address, instead of --listen
      --unix PATH             a Unix socket, instead of --listen
      --fd N                  an inherited socket, instead of --listen
      --mode MODE             mode of a Unix socket (default 660)
      --group NAME            group of a Unix socket
      --http [HOST:]PORT      also serves HTTP, to try the app without a web server
      --status ADDR           serves a status page, /metrics and /healthz over HTTP at [HOST:]PORT
                              or unix:PATH, which \`scgi status ADDR\` prints
      --watch                 restarts the app when a file changes that it has loaded
      --quiet                 prints errors only, and the lines of --log
      --log                   prints a line for each request, in the combined log format
      --log=FILE              writes these lines into a file, which SIGUSR1 opens again; a FILE that
                              ends in .log may stand after a space
      --log-format FORMAT     combined, json, or a text with fields in braces: {remote_addr}
                              {remote_port} {remote_user} {time_local} {time_iso8601} {request}
                              {request_method} {request_uri} {server_protocol} {host} {status}
                              {body_bytes_sent} {request_time} {request_ms} {http_NAME}
      --strip-prefix PREFIX   removes this mount prefix from the path; true removes SCRIPT_NAME
      --url-from path-info    builds the URL from SCRIPT_NAME and PATH_INFO
      --allow ADDRESS         address or CIDR block that may connect over TCP; may be repeated
      --upgrades, --no-upgrades
                              the web server carries WebSockets, or does not, where lighttpd's
                              server.tag hides its name
      --reuse-port            shares the port with other processes
      --take-over             takes a Unix socket over from a living server, which then stops
      --no-record-responses   does not replace the global Response
      --max-header-bytes N    longest request head, in bytes (default ${LIMIT.maxHeaderBytes})
      --max-headers N         most variables in a request head (default ${LIMIT.maxHeaders})
      --max-body-bytes N      longest request body, in bytes (default ${LIMIT.maxBodyBytes}: no limit)
      --max-connections N     most connections at a time (default ${LIMIT.maxConnections}, or less where the
                              system has fewer file descriptors)
      --head-timeout MS       time limit for a request head (default ${LIMIT.headTimeout})
      --body-timeout MS       longest wait for more of a request body (default ${LIMIT.bodyTimeout})
      --write-timeout MS      longest wait until a peer takes more of a response (default ${LIMIT.writeTimeout})
      --request-timeout MS    time limit for the handler (default ${LIMIT.requestTimeout}: no limit)
      --shutdown-timeout MS   time for open requests when the server stops (default ${LIMIT.shutdownTimeout})
      --drain-bytes N         how much of an unread body is read after the response, in bytes
                              (default ${LIMIT.drainBytes})
      --drain-timeout MS      longest wait for more of such a body (default ${LIMIT.drainTimeout})
`;

/**
 * Converts flags to options of `serve()`.
 *
 * @throws {CommandError} for a value of the wrong form.
 */
export function toServeOptions({ values }: ParsedFlags): ServeOptions {
  const text = (name: string) => values[name] as string | undefined;
  const texts = (name: string) => values[name] as string[] | undefined;
  const options: ServeOptions = {
    listen: texts("listen"),
    hostname: text("hostname"),
    port: wholeNumber("port", text("port"), [0, HIGHEST_PORT]),
    unix: text("unix"),
    fd: wholeNumber("fd", text("fd"), [0, MAX_FD]),
    mode: mode(text("mode")),
    group: text("group"),
    reusePort: values["reuse-port"] as boolean | undefined,
    takeOver: values["take-over"] as boolean | undefined,
    allow: texts("allow"),
    bindings: assignments("binding", texts("binding")),
    urlFrom: text("url-from") as ServeOptions["urlFrom"],
    stripPrefix: text("strip-prefix") === "true" ? true : text("strip-prefix"),
    upgrades: values.upgrades as boolean | undefined,
    recordResponses: values["record-responses"] as boolean | undefined,
    logFormat: text("log-format"),
  };
  for (const name of LIMITS) {
    const limit = wholeNumber(kebab(name), text(kebab(name)));
    if (limit !== undefined) options[name] = limit;
  }
  return options;
}

function mode(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (!/^0?[0-7]{3}$/.test(value)) {
    throw new CommandError(`--mode must be three octal digits such as 660, not ${quoted(value)}`);
  }
  return parseInt(value, 8);
}
