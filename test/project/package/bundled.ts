/** An app with the package, as bundlers and compilers make it without a flag for the package. */

import { beforeAll, describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { freePort, temporaryFolder } from "../../support/address.ts";
import type { Packed } from "./project.ts";
import { bun, deno, install, output, root, runtimes, tool } from "./programs.ts";
import { askOnce } from "./running.ts";

/** An app of all entry points: its gateway passes requests on to a server of its own. */
function app(port: number): string {
  return `import { Hono } from "hono";
import { serve } from "scgi";
import { fetch as ask } from "scgi/client";
import { gateway } from "scgi/gateway";
import { getConnInfo } from "scgi/hono";
import { Decoder } from "scgi/protocol";

const app = new Hono();
app.get("/", (c) => c.text([getConnInfo, Decoder].map((each) => typeof each).join()));
const inner = serve(app, { port: 0 });
inner.ready.then(async () => {
  const to = \`127.0.0.1:\${inner.addr.port}\`;
  if ((await ask("http://localhost/", { to })).status !== 200) throw new Error("not 200");
  serve(gateway({ to }), { port: ${port} });
});
`;
}

/** What makes a file of `app.js`. */
interface Bundler {
  /** The command, with the folder that it writes into. */
  words(out: string): string[];
  file: string;
  /** What runs the file; empty where it is a program. */
  runners: (readonly string[])[];
}

const esbuild = [join(root, "node_modules/.bin/esbuild"), "--bundle", "--platform=node"];
const rolldown = [...tool("rolldown/bin/cli.mjs"), "--platform", "node"];
const compile = [deno, "compile", "-A", "--no-lock", "--node-modules-dir=manual"];
const all = Object.values(runtimes);

const BUNDLERS: Record<string, Bundler> = {
  esbuild: {
    words: (out) => [...esbuild, `--outfile=${out}/app.cjs`],
    file: "app.cjs",
    runners: all,
  },
  "esbuild, as a module": {
    words: (out) => [...esbuild, "--format=esm", `--outfile=${out}/app.mjs`],
    file: "app.mjs",
    runners: all,
  },
  "rolldown, into a folder": {
    words: (out) => [...rolldown, "--dir", out, "--entry-file-names", "app.mjs"],
    file: "app.mjs",
    runners: all,
  },
  "rolldown, into one file": {
    words: (out) => [...rolldown, "--file", `${out}/app.mjs`],
    file: "app.mjs",
    runners: all,
  },
  "bun build --target node": {
    words: (out) => [bun, "build", "--target=node", `--outfile=${out}/app.mjs`],
    file: "app.mjs",
    runners: all,
  },
  "bun build --compile": {
    words: (out) => [bun, "build", "--compile", `--outfile=${out}/app`],
    file: "app",
    runners: [[]],
  },
  "bun build --compile --minify --bytecode": {
    words: (out) => [bun, "build", "--compile", "--minify", "--bytecode", `--outfile=${out}/app`],
    file: "app",
    runners: [[]],
  },
  "deno compile": {
    words: (out) => [...compile, "-o", `${out}/app`],
    file: "app",
    runners: [[]],
  },
};

/** The tests of that. */
export function testBundled(packed: () => Packed): void {
  describe("is bundled with an app by", () => {
    for (const [name, { words, file, runners }] of Object.entries(BUNDLERS)) {
      if (name === "deno compile" && !denortAnswers()) {
        test.skip(`${name} (skipped: dl.deno.land is out of reach, where denort is)`, () => {});
        continue;
      }
      test(name, async () => {
        const project = packed().withHono.npm;
        const port = await freePort();
        project.write("bundled.js", app(port));
        const out = temporaryFolder();
        output(project.folder, [...words(out), "bundled.js"]);
        for (const runner of runners) {
          const answer = await askOnce(project, [...runner, join(out, file)], port);
          expect([runner[0], answer]).toEqual([runner[0], "function,function"]);
        }
      }, 60_000);
    }
  });
}

const others = join(import.meta.dirname, "bundlers");
/** The files of those that are not among the project's own packages, which are made together. */
const OTHERS = {
  webpack: "webpack.cjs",
  rollup: "rollup.mjs",
  vite: "vite/app.mjs",
  ncc: "ncc.mjs",
};

/** The tests of those. */
export function testOtherBundlers(packed: () => Packed): void {
  describe("is bundled with an app for Node by", () => {
    const out = temporaryFolder();
    let port: number;

    beforeAll(async () => {
      install(others);
      const { folder } = packed().withHono.npm;
      port = await freePort();
      packed().withHono.npm.write("bundled.js", app(port));
      const [node] = runtimes.node;
      output(folder, [node, join(others, "build.js"), join(folder, "bundled.js"), out]);
    }, 120_000);

    test.each(Object.entries(OTHERS))("%s", async (_, file) => {
      const answer = await askOnce(packed().bare.npm, [...runtimes.node, join(out, file)], port);
      expect(answer).toBe("function,function");
    }, 60_000);
  });
}

/** What a bundle of an entry point that needs no runtime of its own may not name. */
const FOREIGN = {
  client: /\b(?:Bun|Deno)\b/,
  gateway: /\b(?:Bun|Deno)\b/,
  protocol: /\b(?:Bun|Deno|process)\b/,
};

/** The tests of that. */
export function testPure(packed: () => Packed): void {
  test("has entry points that are bundled to code without a runtime's name", () => {
    const project = packed().bare.npm;
    const out = temporaryFolder();
    for (const name of Object.keys(FOREIGN)) {
      project.write(`${name}.js`, `export * from "scgi/${name}";`);
    }
    const files = Object.keys(FOREIGN).map((name) => `${name}.js`);
    output(project.folder, [...esbuild, "--format=esm", `--outdir=${out}`, ...files]);
    for (const [name, foreign] of Object.entries(FOREIGN)) {
      const code = readFileSync(join(out, `${name}.js`), "utf8");
      expect([name, foreign.exec(code)?.[0]]).toEqual([name, undefined]);
    }
  });
}

/** Whether `deno compile` has what it puts before an app, or can load it from its own server. */
function denortAnswers(): boolean {
  const [program, ...words] = [...compile, "-o", "app", "data:text/javascript,1"];
  return spawnSync(program!, words, { cwd: temporaryFolder(), timeout: 60_000 }).status === 0;
}
