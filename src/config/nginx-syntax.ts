/**
 * Reads the syntax of nginx's configurations: directives, their words, and blocks of directives.
 *
 * @see https://nginx.org/en/docs/beginners_guide.html#conf_structure
 * @module
 */

import { ScgiError } from "../errors.ts";
import { quoted } from "../scgi/printable.ts";

export interface Directive {
  /** Its first word. */
  readonly name: string;
  /** The other words, without quotes. */
  readonly args: readonly string[];
  /** The line that it begins in, from 1 on. */
  readonly line: number;
  /** The directives of its block, where it has one. */
  readonly block?: readonly Directive[];
}

interface Token {
  /** A word, or a sign. */
  readonly kind: "word" | ";" | "{" | "}";
  readonly text: string;
  readonly line: number;
}

/** The letters that a backslash before them changes in quotes. */
const ESCAPES: Readonly<Record<string, string>> = { t: "\t", r: "\r", n: "\n" };

/**
 * Reads a configuration.
 *
 * @throws {ScgiError} `OPTION_INVALID`, which names the line, for what nginx does not read, either.
 */
export function parseNginx(text: string): Directive[] {
  const tokens = tokensOf(text);
  const open: { name: string; args: string[]; line: number; outer: Directive[] }[] = [];
  let directives: Directive[] = [];
  let words: Token[] = [];
  for (const token of tokens) {
    const { kind, line } = token;
    if (kind === "word") {
      words.push(token);
      continue;
    }
    const [first, ...others] = words;
    const args = others.map((word) => word.text);
    words = [];
    if (kind === "}") {
      const block = open.pop();
      if (first !== undefined || block === undefined) throw unexpected("}", line);
      const { outer, ...rest } = block;
      outer.push({ ...rest, block: directives });
      directives = outer;
    } else if (first === undefined) {
      throw unexpected(kind, line);
    } else if (kind === "{") {
      open.push({ name: first.text, args, line: first.line, outer: directives });
      directives = [];
    } else {
      directives.push({ name: first.text, args, line: first.line });
    }
  }
  const unfinished = words[0]?.line ?? open.at(-1)?.line;
  if (unfinished !== undefined) throw invalid(unfinished, "it has no end");
  return directives;
}

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  let line = 1;
  for (let at = 0; at < text.length;) {
    const letter = text[at]!;
    if (/\s/.test(letter)) {
      if (letter === "\n") line++;
      at++;
    } else if (letter === "#") {
      while (at < text.length && text[at] !== "\n") at++;
    } else if (letter === ";" || letter === "{" || letter === "}") {
      tokens.push({ kind: letter, text: letter, line });
      at++;
    } else {
      const { source, word } = wordAt(text, at, line);
      tokens.push({ kind: "word", text: word, line });
      line += source.split("\n").length - 1;
      at += source.length;
    }
  }
  return tokens;
}

/** Matches a word up to a space, a semicolon or a brace other than that of `${name}`. */
const PLAIN = /(?:\\[^]|(?<=\$)\{|[^\s;{])*/y;
/** Matches a word in quotes, with the letter after it, by its quote. */
const QUOTED: Readonly<Record<string, RegExp>> = {
  '"': /"((?:\\[^]|[^"\\])*)"(?=([^]?))/y,
  "'": /'((?:\\[^]|[^'\\])*)'(?=([^]?))/y,
};

/** The word that begins at an index, as it is written. */
function wordAt(text: string, begin: number, line: number): { source: string; word: string } {
  const quote = text[begin]!;
  const pattern = QUOTED[quote] ?? PLAIN;
  pattern.lastIndex = begin;
  const [source, inner = source, next = ""] = pattern.exec(text) ?? [];
  if (source === undefined) throw invalid(line, `its ${quote} has no end`);
  if (/[^\s;{)]/.test(next)) throw unexpected(next, line);
  return { source, word: inner!.replace(/\\([^])/g, (_, letter: string) => unescaped(letter)) };
}

/** The characters that a backslash and a letter stand for, where not for themselves. */
function unescaped(letter: string): string {
  return ESCAPES[letter] ?? (/["'\\]/.test(letter) ? letter : `\\${letter}`);
}

function unexpected(text: string, line: number): ScgiError {
  return invalid(line, `${quoted(text)} is not expected there`);
}

function invalid(line: number, why: string): ScgiError {
  return new ScgiError(
    "OPTION_INVALID",
    `Line ${line} of the configuration cannot be read: ${why}`,
  );
}
