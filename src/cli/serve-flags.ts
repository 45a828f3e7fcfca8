/**
 * Flags of what serves: every option of `serve()` that is a plain value is one, in kebab-case.
 *
 * @module
 */

import { DEFAULT_LIMITS, type Limits, type ServeOptions } from "../server/options.ts";
import { quoted } from "../scgi/printable.ts";
import { CommandError } from "./error.ts";
import { assignments, type Flags, kebab, type ParsedFlags, wholeNumber } from "./flags.ts";
import { say } from "./output.ts";

const LIMITS = Object.keys(DEFAULT_LIMITS) as (keyof Limits)[];

/** The flags of `serve()`, and of what a command does around it. */
export const SERVE_FLAGS: Flags = {
  listen: { type: "string", multiple: true },
  hostname: { type: "string" },
  port: { type: "string" },
  unix: { type: "string" },
  fd: { type: "string" },
  mode: { type: "string" },
  group: { type: "string" },
  "reuse-port": { type: "boolean" },
  allow: { type: "string", multiple: true },
  "url-from": { type: "string" },
  "strip-prefix": { type: "string" },
  "record-responses": { type: "boolean" },
  http: { type: "string" },
  log: { type: "boolean" },
  quiet: { type: "boolean" },
  watch: { type: "boolean" },
  ...Object.fromEntries(LIMITS.map((name) => [kebab(name), { type: "string" as const }])),
};

/** What `--help` says of them. */
export const SERVE_FLAGS_USAGE =
  `      --listen ADDR           unix:/path, HOST:PORT, [v6]:PORT, PORT, fd:N for a listening socket
                              that another program passes, or systemd for all that systemd
                              passes; may be repeated; 127.0.0.1:4000 unless given
      --hostname NAME         --port N     --unix PATH     --fd N     one address, in parts
      --mode MODE             mode of a Unix socket, 660 unless given
      --group NAME            group of a Unix socket
      --http [HOST:]PORT      an HTTP front beside it, to try the app with no web server
      --watch                 starts anew when a file changes that the app has loaded
      --quiet                 says nothing but errors, and what --log writes
      --log                   writes a line for each request, in the combined log format
      --strip-prefix PREFIX   the mount prefix to take off the path; true takes SCRIPT_NAME
      --url-from path-info    builds the URL from SCRIPT_NAME and PATH_INFO
      --allow ADDRESS         a peer that may connect over TCP; may be repeated
      --reuse-port            shares the port with other processes
      --no-record-responses   leaves the global Response alone
      --max-header-bytes N    --max-headers N        --max-body-bytes N
      --max-connections N
      --head-timeout MS       --body-timeout MS      --write-timeout MS
      --request-timeout MS    --shutdown-timeout MS
      --drain-bytes N         --drain-timeout MS
`;

/**
 * The options that flags give.
 *
 * @throws {CommandError} for a value that cannot be.
 */
export function toServeOptions({ values }: ParsedFlags): ServeOptions {
  const text = (name: string) => values[name] as string | undefined;
  const texts = (name: string) => values[name] as string[] | undefined;
  const options: ServeOptions = {
    listen: texts("listen"),
    hostname: text("hostname"),
    port: wholeNumber("port", text("port")),
    unix: text("unix"),
    fd: wholeNumber("fd", text("fd")),
    mode: mode(text("mode")),
    group: text("group"),
    reusePort: values["reuse-port"] as boolean | undefined,
    allow: texts("allow"),
    bindings: assignments("binding", texts("binding")),
    urlFrom: text("url-from") as ServeOptions["urlFrom"],
    stripPrefix: text("strip-prefix") === "true" ? true : text("strip-prefix"),
    recordResponses: values["record-responses"] as boolean | undefined,
    log: values.log === true ? say : undefined,
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
    throw new CommandError(`--mode is ${quoted(value)}, and no mode such as 660`);
  }
  return parseInt(value, 8);
}
