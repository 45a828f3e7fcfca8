/** The example of tests, run by the runner of each runtime. */

import { expect, test } from "bun:test";
import { Child } from "../support/child.ts";
import { forNode, node } from "../support/node.ts";
import { root } from "../support/root.ts";
import { command, type Runtime, runtimes } from "../support/server.ts";

/** The words of each runner, behind its program. */
const WORDS: Record<Runtime, () => string[]> = {
  bun: () => ["test", "./examples/testing/bun.test.ts"],
  deno: () => ["test", "--no-check", "examples/testing/deno_test.ts"],
  node: () => ["--test", "--test-reporter=spec", forNode("examples/testing/node.test.ts")],
};

test.each([...runtimes])("the tests of the example pass on %s", async (runtime) => {
  const program = runtime === "node" ? node! : command(runtime, [])[0];
  const child = new Child(program, WORDS[runtime](), { cwd: root, env: { NO_COLOR: "1" } });
  const status = await child.exited;
  const said = child.stdout + child.stderr;
  expect([status, status === 0 ? "" : said]).toEqual([0, ""]);
  expect(said.match(/(?:a user of \w+ is welcome, and gets mail|a stranger is not)/g))
    .toHaveLength(5);
  expect(said).toMatch(/\b5 pass|pass 5|5 passed/);
}, 60_000);
