/** Waiting for what a server process sees. */

/** Asks until the answer satisfies; throws, with the last answer, after ten seconds. */
export async function eventually<T>(
  ask: () => Promise<T> | T,
  satisfies: (answer: T) => boolean,
): Promise<T> {
  const deadline = Date.now() + 10_000;
  while (true) {
    const answer = await ask();
    if (satisfies(answer)) return answer;
    if (Date.now() > deadline) throw new Error(`Not in ten seconds: ${JSON.stringify(answer)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
