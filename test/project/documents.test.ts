/** The code in the documents, and in the comments of the source: it is right, and does what it says. */

import { beforeAll, describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { serve } from "../../src/mod.ts";
import { freePort } from "../support/address.ts";
import { startFront } from "../support/front.ts";
import { describeWith } from "../support/require.ts";
import type { Runtime } from "../support/server.ts";
import {
  allBlocks,
  type Block,
  documents,
  readLines,
  root,
  shownFile,
  where,
} from "./documents/blocks.ts";
import { faultOf, faultOfForm } from "./documents/commands.ts";
import { plain, printed, run, RUNTIMES, type Script, Scripts } from "./documents/scripts.ts";
import { readCommands } from "./documents/shell.ts";
import { runnable, start as startCommand } from "./documents/started.ts";

/** Blocks that are looked at by nobody, or not run, by a text that is in that block alone. */
const EXEMPT = {
  nothing: {
    "browser ── HTTP ──> nginx": "a picture",
    "errors <── scgi <── cgi": "a picture",
  },
  notRun: {
    "serve(app, { fd: 3 });":
      "several servers in one place; test/behaviour and test/behaviour/inherited run them",
    "serve examples/streaming/app.ts":
      "it needs JSR; test/examples/streaming.test.ts runs it there",
    "serve examples/rtorrent/app.ts":
      "it needs rtorrent; test/e2e/foreign/commands.test.ts has one",
  },
};

const blocks = allBlocks();
const isExempt = ({ text }: Block, from: Record<string, string>) =>
  Object.keys(from).some((part) => text.includes(part));

const shown = blocks.filter((block) => shownFile(block) !== undefined);
const own = blocks.filter((block) => !shown.includes(block) && !isExempt(block, EXEMPT.nothing));
const of = (...languages: string[]) => own.filter(({ language }) => languages.includes(language));
const titled = <T extends object>(blocks: T[], title: (block: T) => string) =>
  blocks.map((block) => [title(block), block] as const);

test("every block is in a language that something below looks after", () => {
  const looked = ["ts", "sh", "nginx", "lighttpd", "apache", "text", ""];
  const strange = own.filter(({ language }) => !looked.includes(language));
  expect(strange.map((block) => `${where(block)}: ${block.language}`)).toEqual([]);
});

test("every exemption is of one block", () => {
  const parts = Object.values(EXEMPT).flatMap((each) => Object.keys(each));
  const found = (part: string) => blocks.filter(({ text }) => text.includes(part)).length;
  expect(parts.filter((part) => found(part) !== 1)).toEqual([]);
});

test("a block that begins with the name of a file is what that file has", () => {
  for (const block of shown) {
    const [, ...lines] = block.text.split("\n");
    const file = readFileSync(join(root, shownFile(block)!), "utf8");
    expect(file, where(block)).toContain(lines.join("\n").trim());
  }
});

const scripts = new Scripts();
const written = new Map<string, Script>();
const key = (block: Block, runtime: Runtime) => `${where(block)} ${runtime}`;

beforeAll(async () => {
  for (const block of of("ts")) {
    for (const runtime of RUNTIMES) {
      written.set(key(block, runtime), await scripts.add(block, runtime));
    }
  }
});

describe("the TypeScript", () => {
  test("has the types that the package has", async () => {
    expect(await scripts.complaints()).toBe("");
  });

  const ran = of("ts").filter((block) => !isExempt(block, EXEMPT.notRun));
  for (const runtime of RUNTIMES) {
    test.each(titled(ran, where))(
      `of %s runs on ${runtime}, and prints what it says`,
      async (_, block) => {
        const script = written.get(key(block, runtime))!;
        expect(plain(await run(runtime, script))).toMatch(printed(script.text));
      },
    );
  }
});

describe("the commands", () => {
  const lines = of("sh").flatMap((block) =>
    readCommands(block.text).map((command) => ({ block, command }))
  );

  test("and their flags and files exist", () => {
    const faults = lines.map(({ block, command }) => {
      const fault = faultOf(command);
      return fault && `${where(block)}: ${fault}`;
    });
    expect(faults.filter((fault) => fault !== undefined)).toEqual([]);
  });

  test("that are shown by their form alone have the flags that they show", () => {
    const forms = of("").flatMap((block) => block.text.trim().split("\n"));
    expect(forms.map(faultOfForm).filter((fault) => fault !== undefined)).toEqual([]);
  });

  test.each(documents)("that %s names within its sentences exist", (document) => {
    const text = readLines(document).join("\n").replace(/^ *```[^]*?^ *```/gm, "");
    const spans = [...text.matchAll(/`((?:[A-Z_]+=\S+ )*(?:scgi|npm|npx|bun|deno) [^`]+)`/g)];
    const faults = spans.map(([, span]) => {
      const line = span!.replace(/\s+/g, " ");
      const [command] = readCommands(line);
      return line.startsWith("scgi ") ? faultOfForm(line) : faultOf(command!);
    });
    expect(faults.filter((fault) => fault !== undefined)).toEqual([]);
  });

  for (const { block, command: { words } } of lines) {
    const [runtime] = words as [Runtime];
    const script = of("ts").find(({ file, text }) =>
      file === block.file && text.startsWith(`// ${words.at(-1)}\n`)
    );
    if (script === undefined || !RUNTIMES.some((known) => known === runtime)) continue;
    test(`of ${where(block)} run what stands before them: ${words.join(" ")}`, async () => {
      await run(runtime, written.get(key(script, runtime))!, words.slice(2, -1));
    });
  }

  for (const { block, command } of lines) {
    const mine = runnable(command);
    if (mine === undefined || isExempt(block, EXEMPT.notRun)) continue;
    test(`of ${where(block)} do what they say: ${command.words.join(" ")}`, async () => {
      await startCommand(mine, command.env);
    });
  }
});

test.each(titled(of("text"), where))("%s names what is there", (_, { text }) => {
  const paths = text.split("\n").map((line) => /^\S+/.exec(line)?.[0] ?? ".");
  expect(paths.filter((path) => !existsSync(join(root, path)))).toEqual([]);
});

for (const name of ["nginx", "lighttpd", "apache"] as const) {
  const configurations = titled(of(name), where);
  if (configurations.length === 0) continue;
  describeWith(name, `the lines for ${name}`, () => {
    test.each(configurations)("of %s give requests to the app", async (_, { text }) => {
      const port = await freePort();
      await using server = serve((request) => new Response(new URL(request.url).pathname), {
        port,
      });
      await server.ready;
      const lines = text.replace(/\b400[01]\b/g, String(port))
        .replaceAll("include scgi_params", "include /etc/nginx/scgi_params");
      await using front = await startFront(name, lines);
      expect(await (await fetch(`${front.origin}/a/path`)).text()).toBe("/a/path");
    });
  });
}
