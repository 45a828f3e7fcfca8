/**
 * What somebody may have meant who has mistyped a word.
 *
 * @module
 */

/** A question that names the nearest of some words, or nothing where none is near. */
export function didYouMean(word: string, words: Iterable<string>): string {
  const near = nearest(word, words);
  return near === undefined ? "" : `. Did you mean ${near}?`;
}

/** The nearest of some words, where one is near. */
export function nearest(word: string, words: Iterable<string>): string | undefined {
  let best: string | undefined;
  let most = Math.max(1, Math.floor((word.length + 1) / 3));
  for (const other of words) {
    const steps = distance(word, other);
    if (steps <= most) [best, most] = [other, steps - 1];
  }
  return best;
}

/** How many letters must be added, left out or changed to get from one word to another. */
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
