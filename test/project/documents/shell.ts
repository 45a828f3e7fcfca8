/** As much of the shell's grammar as the documents use. */

/** A program with its arguments, and the variables before it. */
export interface Command {
  env: Record<string, string>;
  words: string[];
}

const KEYWORDS = ["do", "then", "sudo"];

/** The commands of a script, in their order; those in `$(…)` come before what they are in. */
export function readCommands(script: string): Command[] {
  const commands: Command[] = [];
  let words: string[] = [];
  let word: string | undefined;
  let at = 0;
  const endWord = () => {
    if (word !== undefined) words.push(word);
    word = undefined;
  };
  const endCommand = () => {
    endWord();
    const command = toCommand(words);
    if (command !== undefined) commands.push(command);
    words = [];
  };
  while (at < script.length) {
    const rest = script.slice(at);
    const take = (pattern: RegExp): RegExpExecArray | null => {
      const match = pattern.exec(rest);
      if (match !== null) at += match[0].length;
      return match;
    };
    let match: RegExpExecArray | null;
    if (take(/^\\\n/)) continue;
    if (word === undefined && take(/^#.*/)) continue;
    if ((match = take(/^'([^']*)'/))) word = (word ?? "") + match[1];
    else if ((match = take(/^"((?:[^"\\]|\\.)*)"/))) word = (word ?? "") + match[1];
    else if ((match = take(/^\$\(([^()]*)\)/))) {
      commands.push(...readCommands(match[1]!));
      word = (word ?? "") + "substituted";
    } else if (take(/^[ \t]+/)) endWord();
    else if (take(/^[<>]+ *\S+/)) endWord();
    else if (take(/^(?:&&|\|\||[\n;&|()])/)) endCommand();
    else if ((match = take(/^\\?./s))) word = (word ?? "") + match[0];
  }
  endCommand();
  return commands;
}

function toCommand(words: string[]): Command | undefined {
  while (KEYWORDS.includes(words[0]!)) words = words.slice(1);
  if (words.length === 0 || words[0] === "for" || words[0] === "done") return undefined;
  const env: Record<string, string> = {};
  const first = words.findIndex((word) => !/^\w+=/.test(word));
  const assigned = first < 0 ? words : words.slice(0, first);
  for (const word of assigned) env[word.slice(0, word.indexOf("="))] = word.replace(/^\w+=/, "");
  return first < 0 ? undefined : { env, words: words.slice(first) };
}
