/** Where `scgi serve` finds the module. */

import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { freePort } from "../support/address.ts";
import { Child } from "../support/child.ts";
import { runtimes } from "../support/server.ts";
import { ask } from "../behaviour/client.ts";
import { folderOf, HELLO, runIn, scgi } from "./folder.ts";

const NO_APP = "export const port = 4000;\n";

describe.each(runtimes)("scgi serve (%s)", (runtime) => {
  const found: [what: string, files: Record<string, string>, words?: string[]][] = [
    ["the module of package.json", { "package.json": '{"module":"app.mjs","main":"other.mjs"}' }],
    ["the main of package.json", { "package.json": '{"main":"./app.mjs"}' }],
    ["the exports of deno.json", { "deno.json": '{"exports":"./app.mjs"}' }],
    [
      "the root of the exports of deno.jsonc",
      { "deno.jsonc": '{ // "a"\n"exports": { ".": "./app.mjs", /* b */ }, }' },
    ],
    [
      "the exports of deno.json among comments and strings that look like some",
      {
        "deno.json": '/* " */ { "a//": ["/*", ",]", "\\\\", "\\"//",], // "exports": "no.mjs"\r\n' +
          '"exports"/**/: "./app.mjs" /*,}*/, }\n//',
      },
    ],
    [
      "what deno.json names, where that of package.json is not there",
      { "package.json": '{"main":"index.js"}', "deno.json": '{"exports":"./app.mjs"}' },
    ],
    ["the same by workers", { "package.json": '{"main":"app.mjs"}' }, ["--workers", "2"]],
  ];
  test.each(found)("serves %s", async (_, files, words = []) => {
    const listen = `127.0.0.1:${await freePort()}`;
    const folder = folderOf({ "app.mjs": HELLO, "other.mjs": NO_APP, ...files });
    const child = runIn(folder, runtime, "serve", "--listen", listen, ...words);
    await child.until(() => child.stdout.startsWith("Listening on "), "it listened");
    expect((await ask(listen, "/")).text).toBe("Hello\n");
    expect([await child.stop(), child.stderr]).toEqual([0, ""]);
  });

  const NONE = "A module must be given, here or in package.json or deno.json.";
  const lost: [what: string, files: Record<string, string>, status: number, says: string][] = [
    [
      "in an empty folder",
      {},
      2,
      `${NONE} Type \`scgi serve app.ts\`, where app.ts has export default { fetch(request) { … } }`,
    ],
    [
      "where files look like apps",
      { "site.mjs": HELLO, "blog.mjs": HELLO, "other.mjs": NO_APP },
      2,
      `${NONE} Type \`scgi serve blog.mjs\` or \`scgi serve site.mjs\``,
    ],
    [
      "where files export apps in other ways",
      {
        "a.mjs": "export const fetch = () => new Response();\n",
        "b.mjs": "export async function fetch() { return new Response(); }\n",
        "c.cjs": "exports.default = { fetch: () => new Response() };\n",
        "d.mjs": "export const fetched = () => new Response();\n",
      },
      2,
      `${NONE} Type \`scgi serve a.mjs\` or \`scgi serve b.mjs\` or \`scgi serve c.cjs\``,
    ],
    [
      "where what is named is not there",
      { "package.json": '{"main":"index.js"}', "app.mjs": HELLO },
      2,
      "A module must be given: index.js, which package.json names, was not found. " +
      "Type `scgi serve app.mjs`",
    ],
  ];
  test.each(lost)("says what to type %s", async (_, files, status, says) => {
    const child = runIn(folderOf(files), runtime, "serve");
    expect([await child.exited, child.stderr]).toEqual([status, `scgi: ${says}\n`]);
  });

  test.each([
    "{",
    '{"exports":"./app.mjs",,}',
    '{"a":[,],"exports":"./app.mjs"}',
    '{"a":1/**/2,"exports":"./app.mjs"}',
    '{"exports":"./app.mjs"} /* a',
  ])("says which file cannot be read: %s", async (text) => {
    const files = { "deno.jsonc": text, "app.mjs": HELLO };
    const child = runIn(folderOf(files), runtime, "serve");
    expect([await child.exited, child.stderr]).toEqual([
      1,
      expect.stringMatching(
        /^scgi: deno\.jsonc cannot be read: [^\n]+ Correct it, or name the module\n$/,
      ),
    ]);
  });

  // Bun says of no mistake where it is.
  if (runtime !== "bun") {
    test("says where the file cannot be read", async () => {
      const text = '{ /* a */ "b": [1,], // c\n"exports": "./app.mjs" "d": 1 }';
      const child = runIn(folderOf({ "deno.jsonc": text }), runtime, "serve");
      expect([await child.exited, child.stderr])
        .toEqual([1, expect.stringContaining(`at position ${text.indexOf('"d"')}`)]);
    });
  }
});

// Deno does not start there.
test.each(runtimes.filter((runtime) => runtime !== "deno"))(
  "scgi serve takes a path from / on in a folder that is gone (%s)",
  async (runtime) => {
    const folder = folderOf({ "app.mjs": HELLO });
    const socket = join(folder, "app.sock");
    const [program, args] = scgi(
      runtime,
      "serve",
      join(folder, "app.mjs"),
      "--listen",
      `unix:${socket}`,
    );
    const words = ["-c", 'mkdir gone; cd gone; rmdir ../gone; exec "$0" "$@"', program, ...args];
    const child = new Child("sh", words, { cwd: folder });
    await child.until(() => child.stdout.startsWith("Listening on "), "it listened");
    expect((await ask(`unix:${socket}`, "/")).text).toBe("Hello\n");
    expect([await child.stop(), child.stderr]).toEqual([0, ""]);
  },
);
