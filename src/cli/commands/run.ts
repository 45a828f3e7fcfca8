/**
 * `scgi run`: runs a script that calls `Bun.serve` or `Deno.serve` itself, and serves it over SCGI.
 *
 * @module
 */

import path from "node:path";
import { SYSTEMD } from "../../address.ts";
import { readAddresses, type ServeOptions } from "../../server/options.ts";
import { complain, diagnosticsWritten } from "../../report/diagnostics.ts";
import { guardingVariables } from "../../run/refusal.ts";
import { exec, runtimeArguments } from "../../runtime/system/exec.ts";
import { SERVE_CALL } from "../../runtime/system/differences.ts";
import { fileSystem } from "../../runtime/system/file-system.ts";
import { systemdDescriptors } from "../../runtime/system/systemd.ts";
import { CommandError, hint } from "../error.ts";
import { firstWord, type Flags, parseFlags } from "../flags.ts";
import { programFile } from "../program.ts";
import { checkServeOptions } from "../serve-checks.ts";
import { SERVE_FLAGS, SERVE_FLAGS_USAGE, toServeOptions } from "../serve-flags.ts";

/** The help of this command among the others. */
export const USAGE: string = `  scgi run [FLAG]… FILE [ARG]…
    runs FILE, which calls Bun.serve or Deno.serve or exports { fetch }, and serves it over SCGI
      --listen ADDR           as for serve; given once for each server that FILE starts
      all other flags of serve, except --binding and those of workers
`;

/** The help of this command alone. */
export const HELP: string = `${USAGE.split("\n").slice(0, 2).join("\n")}
    --listen must be given once for each server that FILE starts
${SERVE_FLAGS_USAGE}`;

/** The variable that passes the flags to the new process, as a list of words in JSON. */
export const FLAGS_VARIABLE = "SCGI_RUN";

/** The flags of this command. */
export const FLAGS: Flags = SERVE_FLAGS;

/** Runs the command: FILE replaces this program, after a preload that opens its addresses. */
export async function run(args: string[]): Promise<void> {
  const [flags, [file, ...rest]] = split(args);
  const parsed = parseFlags(flags, FLAGS, "run");
  const options = toServeOptions(parsed);
  if (file === undefined) throw new CommandError(`scgi run needs a file. ${hint("run")}`);
  await checkServeOptions(options, parsed, true);
  const kind = fileSystem.stat(file)?.kind;
  if (kind !== "file") {
    const why = kind === undefined ? "was not found" : "is not a file";
    throw new CommandError(`${file} ${why}. Name the script that starts your server`, 1);
  }
  if (SERVE_CALL === undefined) {
    throw new CommandError(
      "scgi run needs Bun or Deno. On Node, export a handler for scgi serve",
      1,
    );
  }
  tellScriptsFlags(file, rest);
  // What this program has not written is lost with it.
  await diagnosticsWritten();
  const { process } = globalThis;
  const preload = programFile("cli/preload");
  const words = ["--preload", preload, path.resolve(file), ...rest];
  const env = {
    ...process.env,
    ...guardingVariables(programFile("cli/refuse-serve")),
    [FLAGS_VARIABLE]: JSON.stringify(flags),
  };
  if (parsed.values.watch === true) {
    const { watch } = await import("../watch.ts");
    return await watch(words, options, env);
  }
  try {
    await exec(process.execPath, [...runtimeArguments(), ...words], env, inherited(options));
  } catch (error) {
    const { message } = error as Error;
    throw new CommandError(`${file} cannot be run: ${message.split("\n")[0]}`, 1);
  }
}

/** Says which flags of this command stand after FILE, where they are arguments of the script. */
function tellScriptsFlags(file: string, args: readonly string[]): void {
  const names = args.map((arg) => arg.replace(/=.*$/s, ""));
  const ours = names.find((name) => name.startsWith("--") && Object.hasOwn(FLAGS, name.slice(2)));
  if (ours === undefined) return;
  complain(
    `${ours} after ${file} is an argument of the script. A flag of scgi run stands before it`,
  );
}

/** The file descriptors of the listening sockets that the script inherits. */
function inherited(options: ServeOptions): number[] {
  return readAddresses(options).flatMap((address) => {
    if (address === SYSTEMD) return systemdDescriptors();
    return "fd" in address ? [address.fd] : [];
  });
}

/** The arguments before FILE; the script is given the rest. */
export function ownArguments(args: string[]): string[] {
  return split(args)[0];
}

/** Splits arguments into the flags, and the script with its arguments. */
function split(args: string[]): [flags: string[], script: string[]] {
  const file = firstWord(args, FLAGS) ?? args.length;
  const flags = args.slice(0, file).filter((arg) => arg !== "--");
  return [flags, args.slice(file)];
}
