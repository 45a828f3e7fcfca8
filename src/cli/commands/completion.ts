/**
 * `scgi completion`: prints a script with which a shell completes the command line.
 *
 * @module
 */

import { CommandError, hint } from "../error.ts";
import { type Flags, parseFlags } from "../flags.ts";
import { didYouMean } from "../nearest.ts";
import { print } from "../print.ts";
import type { Command, Commands } from "./command.ts";

/** The help of this command. */
export const USAGE = `  scgi completion SHELL
    prints a script that completes scgi commands and flags in bash, zsh or fish:
      source <(scgi completion bash)     scgi completion fish | source
`;

/** The flags of this command. */
export const FLAGS: Flags = {};

type Script = (commands: ReadonlyMap<string, Command>) => string;

const SHELLS = new Map<string, Script>([["bash", bash], ["zsh", zsh], ["fish", fish]]);

/** The shells. */
export const WORDS: readonly string[] = [...SHELLS.keys()];

/** Runs the command. */
export async function run(args: string[], commands: Commands): Promise<void> {
  const { positionals: [shell = "", ...more] } = parseFlags(args, FLAGS, "completion");
  const script = more.length === 0 ? SHELLS.get(shell) : undefined;
  if (script === undefined) {
    const near = didYouMean(shell, WORDS) || ".";
    throw new CommandError(
      `scgi completion needs a shell: ${WORDS.join(", ")}${near} ${hint("completion")}`,
    );
  }
  const loaded = [...commands].map(async ([name, load]) => [name, await load()] as const);
  await print(script(new Map(await Promise.all(loaded))));
}

/** All flags as they are typed, with their short forms. */
function forms({ FLAGS }: Command): string[] {
  const flags = Object.entries(FLAGS).flatMap(([name, { short }]) => [
    `--${name}`,
    ...(short === undefined ? [] : [`-${short}`]),
  ]);
  return [...flags, "--help"];
}

/**
 * Sets `list` to the possible next words: the commands, or after one its flags where a hyphen is typed,
 * and else its arguments. Where the list is empty the shell completes files.
 */
function choice(
  commands: ReadonlyMap<string, Command>,
  { at, first, word }: { at: string; first: string; word: string },
): string {
  const lines = [...commands].map(([name, command]) => {
    const words = (command.WORDS ?? []).join(" ");
    return `    ${name}) list="${words}"; [[ \${${word}} == -* ]] && list="${
      forms(command).join(" ")
    }" ;;`;
  });
  return `  local list="${[...commands.keys(), "--help", "--version"].join(" ")}"
  if ((${at})); then case \${${first}} in
${lines.join("\n")}
    *) list= ;;
  esac; fi`;
}

function bash(commands: ReadonlyMap<string, Command>): string {
  return `_scgi() {
${
    choice(commands, {
      at: "COMP_CWORD > 1",
      first: "COMP_WORDS[1]",
      word: "COMP_WORDS[COMP_CWORD]",
    })
  }
  COMPREPLY=($(compgen -W "$list" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _scgi scgi
`;
}

function zsh(commands: ReadonlyMap<string, Command>): string {
  return `#compdef scgi
_scgi() {
${choice(commands, { at: "CURRENT > 2", first: "words[2]", word: "words[CURRENT]" })}
  compadd -- \${=list}
  ((CURRENT > 2)) && [[ \${words[CURRENT]} != -* ]] && _files
}
compdef _scgi scgi
`;
}

function fish(commands: ReadonlyMap<string, Command>): string {
  const lines = [...commands].flatMap(([name, { FLAGS, WORDS }]) => {
    const after = `complete -c scgi -n "__fish_seen_subcommand_from ${name}"`;
    const flags = Object.entries(FLAGS).map(([flag, { short, type }]) =>
      `${after} -l ${flag}${short === undefined ? "" : ` -s ${short}`}${
        type === "string" ? " -r" : ""
      }`
    );
    return WORDS === undefined ? flags : [`${after} -f -a "${WORDS.join(" ")}"`, ...flags];
  });
  return `complete -c scgi -n __fish_use_subcommand -f -a "${[...commands.keys()].join(" ")}"
${lines.join("\n")}
complete -c scgi -s h -l help
`;
}
