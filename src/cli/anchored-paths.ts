/**
 * Keeps the paths of a command line where they were meant: they begin at the folder where the command was
 * started, also where the app changes the working directory while it loads.
 *
 * @module
 */

import path from "node:path";
import { workingDirectory } from "../runtime/system/working-directory.ts";
import type { ServeOptions } from "../server/options.ts";

/** Remembers the working directory. The returned function makes paths absolute if it has changed. */
export function anchorPaths(options: ServeOptions): () => ServeOptions {
  const { unix } = options;
  const listen = options.listen as string[] | undefined;
  const isRelative = (text: string) => text.startsWith("unix:") && text[5] !== "/";
  if (![`unix:${unix ?? "/"}`, ...listen ?? []].some(isRelative)) return () => options;
  const folder = workingDirectory();
  if (folder === undefined) return () => options;
  return () =>
    workingDirectory() === folder ? options : {
      ...options,
      unix: unix && path.resolve(folder, unix),
      listen: listen?.map((text) =>
        isRelative(text) ? `unix:${path.resolve(folder, text.slice(5))}` : text
      ),
    };
}
