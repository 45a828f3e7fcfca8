/**
 * Reads the syntax of nginx's configurations: directives, their words, and blocks of directives.
 *
 * @see https://nginx.org/en/docs/beginners_guide.html#conf_structure
 * @module
 */

import { ScgiError } from "../errors.ts";
import { quoted } from "../scgi/printable.ts";

/** A directive. */
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
      const word = /["']/.test(letter) ? quotedWord(text, at, line) : plainWord(text, at);
      tokens.push({ kind: "word", text: word.text, line });
      line += text.slice(at, word.end).split("\n").length - 1;
      at = word.end;
    }
  }
  return tokens;
}

interface Word {
  readonly text: string;
  readonly end: number;
}

/** A word up to a space, a semicolon or a brace other than that of `${name}`. */
function plainWord(text: string, begin: number): Word {
  let at = begin;
  let word = "";
  while (at < text.length && !/[\s;]/.test(text[at]!)) {
    if (text[at] === "{" && text[at - 1] !== "$") break;
    if (text[at] === "\\" && at + 1 < text.length) {
      word += unescaped(text[at + 1]!);
      at += 2;
    } else word += text[at++];
  }
  return { text: word, end: at };
}

function quotedWord(text: string, begin: number, line: number): Word {
  const quote = text[begin]!;
  let at = begin + 1;
  let word = "";
  while (at < text.length && text[at] !== quote) {
    if (text[at] === "\\" && at + 1 < text.length) {
      word += unescaped(text[at + 1]!);
      at += 2;
    } else word += text[at++];
  }
  if (at >= text.length) throw invalid(line, `its ${quote} has no end`);
  const next = text[at + 1];
  if (next !== undefined && !/[\s;{)]/.test(next)) throw unexpected(next, line);
  return { text: word, end: at + 1 };
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
