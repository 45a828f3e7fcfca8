/**
 * `scgi gateway`: an HTTP front for any SCGI server.
 *
 * @module
 */

import { readLogFormat } from "../../server/log-format.ts";
import { formatAddress, parseAddress } from "../../address.ts";
import { forwarding } from "../../client/gateway.ts";
import type { Answered, Peer } from "../../runtime/http/http.ts";
import { CommandError, hint } from "../error.ts";
import { type Flags, parseFlags, wholeNumber } from "../flags.ts";
import { openHttp } from "../front.ts";
import { say } from "../output.ts";
import { stopOnSignals } from "../stop.ts";

/** The help of this command. */
export const USAGE = `  scgi gateway ADDR [FLAG]…
    serves HTTP in front of the SCGI server at ADDR, and writes a line for each request
      --http [HOST:]PORT      where it listens (default 127.0.0.1:8080)
      --base-path PREFIX      path prefix of the SCGI server, passed as SCRIPT_NAME
      --connect-timeout MS    time limit for a connection to the SCGI server (default 10000)
      --reply-timeout MS      longest wait for the response to begin (default 60000)
      --max-buffered-bytes N  longest upload of unknown length, in bytes (default 16777216)
`;

/** The flags of this command. */
export const FLAGS: Flags = {
  http: { type: "string" },
  "base-path": { type: "string" },
  "connect-timeout": { type: "string" },
  "reply-timeout": { type: "string" },
  "max-buffered-bytes": { type: "string" },
};

/** Runs the command until a signal ends it. */
export async function run(args: string[]): Promise<void> {
  const { values, positionals: [to, ...more] } = parseFlags(args, FLAGS, "gateway");
  if (to === undefined) throw new CommandError(`scgi gateway needs an address. ${hint("gateway")}`);
  if (more.length > 0) throw new CommandError(`scgi gateway takes one address. ${hint("gateway")}`);
  const text = (name: string) => values[name] as string | undefined;
  const number = (name: string) => wholeNumber(name, text(name));
  const forward = forwarding({
    to,
    basePath: text("base-path"),
    connectTimeout: number("connect-timeout"),
    replyTimeout: number("reply-timeout"),
    maxBufferedBytes: number("max-buffered-bytes"),
  });
  const front = await openHttp(
    text("http") ?? "8080",
    (request, peer, takeOver) => forward(request, { remoteAddr: peer }, takeOver),
    { ended: log },
  );
  stopOnSignals({
    shutdown() {
      front.stopTunnels();
      return front.drain();
    },
    front: () => front,
    say,
  });
  say(`Listening on ${new URL(front.url).host} (HTTP)`);
  say(`Open ${front.url} for the SCGI server at ${formatAddress(parseAddress(to))}`);
}

const format = readLogFormat(undefined);

/** Writes the line of a request in the access log. */
function log({ request, peer, ...entry }: Answered): void {
  say(format.line({ ...entry, variables: variablesOf(request, peer) }));
}

function variablesOf({ method, url, headers }: Request, peer: Peer): Record<string, string> {
  const { pathname, search } = new URL(url);
  return {
    REMOTE_ADDR: peer.hostname,
    REQUEST_METHOD: method,
    REQUEST_URI: pathname + search,
    SERVER_PROTOCOL: "HTTP/1.1",
    HTTP_REFERER: headers.get("referer") ?? "",
    HTTP_USER_AGENT: headers.get("user-agent") ?? "",
  };
}
