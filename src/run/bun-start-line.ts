/**
 * Hides the line that Bun writes after it has started or reloaded the default export of the main module:
 * it tells of an `http://` address, at which nothing speaks HTTP.
 *
 * @module
 */

/** Hides the line from now to the end of the running code: Bun writes it at once, by `console.debug`. */
export function hideStartLine(
  { protocol, hostname, port }: {
    protocol: string;
    hostname: string | undefined;
    port: number | undefined;
  },
): void {
  const end = `server: ${protocol}://${hostname}:${port}`;
  const lines = ["Started", "Reloaded"].flatMap((
    done,
  ) => [`${done} ${end}`, `${done} development ${end}`]);
  const { debug } = console;
  const filtered = (...words: unknown[]): void => {
    if (words.length !== 1 || !lines.includes(words[0] as string)) debug.apply(console, words);
  };
  console.debug = filtered;
  queueMicrotask(() => {
    if (console.debug === filtered) console.debug = debug;
  });
}
