/**
 * Suggests a word for a mistyped one.
 *
 * @module
 */

/** The end of a message: asks whether the nearest word was meant; empty where every word is far. */
export function didYouMean(word: string, words: Iterable<string>): string {
  const near = nearest(word, words);
  return near === undefined ? "" : `. Did you mean ${near}?`;
}

/**
 * The only word that goes on after the given one, as `--hostname` does after `--host`, or the longest that
 * the given one goes on after; else the word with the smallest edit distance, unless that is more than a
 * third of the length.
 */
export function nearest(word: string, words: Iterable<string>): string | undefined {
  const all = [...words];
  return continued(word, all) ?? shortened(word, all) ?? closest(word, all);
}

/** A beginning of so many letters tells which word is meant. */
const BEGINNING = 3;

function continued(word: string, words: readonly string[]): string | undefined {
  const longer = words.filter((other) => other.startsWith(word) && other !== word);
  return longer.length === 1 && letters(word) >= BEGINNING ? longer[0] : undefined;
}

function shortened(word: string, words: readonly string[]): string | undefined {
  const shorter = words.filter((other) => word.startsWith(other) && letters(other) > BEGINNING);
  return shorter.sort((one, other) => other.length - one.length)[0];
}

function letters(word: string): number {
  return word.replace(/^-+/, "").length;
}

function closest(word: string, words: readonly string[]): string | undefined {
  let best: string | undefined;
  let most = Math.max(1, Math.floor((word.length + 1) / 3));
  for (const other of words) {
    const steps = distance(word, other);
    if (steps <= most) [best, most] = [other, steps - 1];
  }
  return best;
}

/** The number of letters to add, remove or change to turn one word into the other. */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, at) => at);
  for (const [at, letter] of [...from].entries()) {
    const next = [at + 1];
    for (let other = 1; other <= to.length; other++) {
      const changed = row[other - 1]! + (letter === to[other - 1] ? 0 : 1);
      next.push(Math.min(changed, row[other]! + 1, next[other - 1]! + 1));
    }
    row = next;
  }
  return row[to.length]!;
}
