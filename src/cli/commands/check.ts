/**
 * `scgi check`: finds out why a web server answers 502.
 *
 * @module
 */

import {
  formatAddress,
  MAX_PATH_BYTES,
  parseAddress,
  type ParsedAddress,
  pathBytes,
} from "../../address.ts";
import { ScgiError } from "../../errors.ts";
import { printableLine } from "../../scgi/printable.ts";
import { checkAddress } from "../check/address.ts";
import { type Finding, formatFinding, no } from "../check/finding.ts";
import { readNginx } from "../check/nginx-files.ts";
import { findPasses, otherPasses, type Pass } from "../check/nginx-passes.ts";
import { findUser } from "../check/user.ts";
import { CommandError, hint } from "../error.ts";
import { exit } from "../output.ts";
import { type Flags, parseFlags, secondsOf } from "../flags.ts";
import { print } from "../print.ts";

/** The help of this command. */
export const USAGE = `  scgi check ADDR [FLAG]…
  scgi check --nginx FILE [FLAG]…
    says why a web server answers 502, and what mends it: checks the path, the permissions and
    the server at ADDR, or at each address in a configuration of nginx. The app sees one request,
    HEAD / with the User-Agent scgi-check; exits with 0 if all is right, else with 1
      --as USER               user of the web server, such as www-data (default: this user, with
                              --nginx the user of FILE)
      --nginx FILE            checks every scgi_pass in FILE and in the files that it includes
      -m, --max-time SECONDS  longest wait for an answer (default 10)
`;

/** The flags of this command. */
export const FLAGS: Flags = {
  as: { type: "string" },
  nginx: { type: "string" },
  "max-time": { type: "string", short: "m" },
};

/** An address of a configuration, and what is asked there. */
type Asked = Pick<Pass, "host" | "bufferBytes"> & { address: ParsedAddress };

/** The time limit of an answer, in seconds. */
const MAX_SECONDS = 10;

/** Runs the command. */
export async function run(args: string[]): Promise<void> {
  const { values, positionals: [text, ...more] } = parseFlags(args, FLAGS, "check");
  const { as, nginx } = values as { as?: string; nginx?: string };
  if ((text === undefined) === (nginx === undefined) || more.length > 0) {
    throw new CommandError(`scgi check needs an address or --nginx FILE. ${hint("check")}`);
  }
  if (nginx === "") throw new CommandError("--nginx needs the path of a file");
  const limitMs = 1000 * (secondsOf("max-time", values["max-time"] as string) ?? MAX_SECONDS);
  const self = findUser();
  let isRight = true;
  const show = async (findings: readonly Finding[], title?: string): Promise<void> => {
    if (title !== undefined) await print(`${printableLine(title)}\n`);
    await print(findings.map(formatFinding).join(""));
    isRight &&= findings.every(({ mark }) => mark !== "no");
  };
  if (nginx === undefined) {
    const user = as === undefined ? self : findUser(as);
    const question = { user, self, limitMs, host: "localhost", bufferBytes: undefined };
    await show(await checkAddress(readAddress(text!), question));
  } else {
    const { directives, user: name, findings } = readNginx(nginx);
    const user = findUser(as ?? name);
    const passes = findPasses(directives);
    await show(
      passes.length === 0 ? [...findings, without(nginx, otherPasses(directives))] : findings,
    );
    for (const pass of passes) await show(pass.findings, pass.where);
    for (const [at, { address, host, bufferBytes }] of byAddress(passes)) {
      await show(await checkAddress(address, { user, self, limitMs, host, bufferBytes }), at);
    }
  }
  if (!isRight) await exit(1);
}

/** The question to each address, with the least buffer of its passes. */
function byAddress(passes: readonly Pass[]): Map<string, Asked> {
  const asked = new Map<string, Asked>();
  for (const { addresses, host, bufferBytes } of passes) {
    for (const address of addresses) {
      const at = formatAddress(address);
      const least = Math.min(bufferBytes, asked.get(at)?.bufferBytes ?? Infinity);
      asked.set(at, { host, ...asked.get(at), address, bufferBytes: least });
    }
  }
  return asked;
}

function without(file: string, others: string[]): Finding {
  const found = others.length === 0 ? "" : `, but ${others.join(", ")}: those are other protocols`;
  return no(`${file} has no scgi_pass${found}`, "scgi config nginx --site");
}

/** Checks an address that a web server can connect to. */
function readAddress(text: string): ParsedAddress {
  let address: ParsedAddress;
  try {
    address = parseAddress(text);
  } catch (error) {
    if (!(error instanceof ScgiError)) throw error;
    throw new CommandError(error.message);
  }
  if ("fd" in address) {
    throw new CommandError(
      `scgi check needs unix:/path or HOST:PORT, not ${formatAddress(address)}`,
    );
  }
  if ("unix" in address && pathBytes(address.unix) > MAX_PATH_BYTES) {
    throw new CommandError(
      `The path has over ${MAX_PATH_BYTES} bytes, which no Unix socket can have. Choose a shorter one`,
    );
  }
  return address;
}
