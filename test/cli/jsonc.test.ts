/** JSON with comments, beside the parser that editors have for it. */

import { expect, test } from "bun:test";
import fc from "fast-check";
import { parse, type ParseError } from "jsonc-parser";
import { parseJsonc } from "../../src/cli/jsonc.ts";

/** Text that can be taken for the end of a string, a comment or a last comma, and is none. */
const pieces = ['"', "\\", "/", "//", "/*", "*/", "*", ",", ",]", ",}", "a", " "];
const comments = fc.oneof(
  fc.string({ unit: fc.constantFrom(...pieces, "\u2028", "\r") }).map((text) => `//${text}\n`),
  fc.string({ unit: fc.constantFrom(...pieces, "\n") })
    .filter((text) => !text.includes("*/")).map((text) => `/*${text}*/`),
);
const spaces = fc.array(fc.oneof(comments, fc.constantFrom(" ", "\t", "\n", "\r\n")), {
  maxLength: 3,
}).map((some) => some.join(""));

const values = fc.jsonValue({ stringUnit: fc.constantFrom(...pieces, "\n", "ü") });
const TOKEN = /"(?:[^"\\]|\\.)*"|[[\]{}:,]|[^[\]{}:,"]+/g;

/** A value, and a text of it with as many comments and last commas as there may be. */
const documents = values.chain((value) => {
  const tokens = JSON.stringify(value).match(TOKEN) ?? [];
  const commas = tokens.map((token, at) =>
    /^[\]}]$/.test(token) && !/^[[{]$/.test(tokens[at - 1]!)
      ? fc.constantFrom("", ",")
      : fc.constant("")
  );
  const parts = tokens.flatMap((token, at) => [spaces, commas[at]!, spaces, fc.constant(token)]);
  return fc.tuple(...parts, spaces).map((some) => ({ value, text: some.join("") }));
});

/** A document that something was put into, or taken out of. */
const broken = fc.tuple(documents, fc.nat(), fc.nat(3), fc.constantFrom("", ...pieces, "\n", "1"))
  .map(([{ text }, seed, taken, put]) => {
    const at = seed % (text.length + 1);
    return text.slice(0, at) + put + text.slice(at + taken);
  });
const words = [...pieces, "[", "]", "{", "}", ":", "\n", "1", '"a"', "true"];
const noise = fc.array(fc.constantFrom(...words)).map((some) => some.join(""));

/** The value that a parser finds in a text, or that the text has none. */
function read(by: (text: string) => unknown, text: string): unknown {
  try {
    return { value: by(text) };
  } catch (error) {
    expect(error).toBeInstanceOf(SyntaxError);
    return "none";
  }
}

function reference(text: string): unknown {
  const errors: ParseError[] = [];
  const value = parse(text, errors, { allowTrailingComma: true });
  if (errors.length > 0) throw new SyntaxError();
  return value;
}

test("comments and last commas change nothing of a value", () => {
  fc.assert(fc.property(documents, ({ value, text }) => {
    expect(JSON.stringify(parseJsonc(text))).toBe(JSON.stringify(value));
  }));
});

test("no more and no less is taken than jsonc-parser takes, and for the same value", () => {
  fc.assert(
    fc.property(fc.oneof(broken, noise), (text) => {
      // To Deno a line ends at a line feed alone.
      fc.pre(!/\r(?!\n)/.test(text));
      expect(read(parseJsonc, text)).toEqual(read(reference, text));
    }),
    { numRuns: 1000 },
  );
});

test.each([
  "1/**/2",
  "t/**/rue",
  "[,]",
  "{,}",
  "[1,,]",
  '{"a":,}',
  "/* a",
  '"a // b',
  '{"a":"\n",}',
  "",
])("%j is refused", (text) => {
  expect(() => parseJsonc(text)).toThrow(SyntaxError);
});
