/** The workflow of GitHub: its syntax, and the files that it runs. GitHub itself is out of reach here. */

import { expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import manifest from "../../package.json" with { type: "json" };

const root = join(import.meta.dirname, "../..");

interface Workflow {
  jobs: Record<string, {
    strategy: { matrix: { include: { node: string; latest?: string }[] } };
    steps: { run?: string }[];
  }>;
}

const text = readFileSync(join(root, ".github/workflows/ci.yml"), "utf8");
const { jobs: { test: job } } = Bun.YAML.parse(text) as Workflow;

test("the workflow runs the script of CI, which is there", () => {
  const commands = job!.steps.map(({ run }) => run);
  expect(commands.at(-1)).toBe(".ci/run");
  expect(existsSync(join(root, ".ci/run"))).toBe(true);
});

test("the workflow begins with the oldest Node that the package supports, and ends with all current versions", () => {
  const { include } = job!.strategy.matrix;
  const oldest = /^>=(\d+)/.exec(manifest.engines.node)?.[1];
  expect(include[0]?.node).toBe(oldest!);
  expect(include.at(-1)).toMatchObject({ node: "current", latest: "bun@latest deno@latest" });
});
