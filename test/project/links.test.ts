/** The links of the documents. */

import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { documents, readLines, root } from "./documents/blocks.ts";

test.each(documents)("every link of %s leads to a file", (document) => {
  const text = readLines(document).join("\n").replace(/```[^]*?```/g, "");
  const links = [...text.matchAll(/\]\(<?([^)>\s]+)>?\)/g)].map(([, target]) => target!);
  const local = links.filter((target) => !/^[a-z]+:/.test(target));
  const dead = local.filter((target) => {
    const [file, heading] = target.split("#");
    const path = file ? join(dirname(document), file) : document;
    if (!existsSync(join(root, path))) return true;
    return heading !== undefined && !headings(path).includes(heading);
  });
  expect(dead).toEqual([]);
});

/** The headings of a document, as links name them. */
function headings(file: string): string[] {
  const titles = readLines(file).map((line) => /^#+ (.*)/.exec(line)?.[1]);
  return titles.filter((title) => title !== undefined)
    .map((title) => title.toLowerCase().replace(/[^\w -]/g, "").replaceAll(" ", "-"));
}
