/**
 * What rests on the version of Node, once more on others than that of the suite: Requests, Responses
 * and signals, in tests of pure code, in the suite of behaviour, and behind nginx.
 */

import { describe, expect, test } from "bun:test";
import process from "node:process";
import { forNode, node, NODE_VARIABLE, nodeOfPath, versionOf } from "../support/node.ts";
import { describeWith } from "../support/require.ts";
import { root } from "../support/root.ts";
import { installNodes } from "./node-versions.ts";
import { declareOutcomes } from "./outcomes.ts";

const FILES = [
  "cgi/request.test.ts",
  "cgi/response.test.ts",
  "runtime/fetch/lazy-request.test.ts",
  "runtime/fetch/lazy-response.test.ts",
  "runtime/fetch/recording.test.ts",
  "runtime/fetch/request-headers.test.ts",
  "server/abort.test.ts",
  "server/handle.test.ts",
  "server/kept.test.ts",
];

/** Ten times what a run takes. */
const PATIENCE_MS = 240_000;

const majorOf = (program: string): string => String(versionOf(program)[0]);

const nodes = installNodes();
if (typeof nodes !== "string") {
  const all: Record<string, string> = { ...nodes };
  if (nodeOfPath !== undefined) all[majorOf(nodeOfPath)] ??= nodeOfPath;
  const others = Object.entries(all).filter(([version]) => version !== majorOf(node!));
  for (const [version, program] of others) {
    const words = ["register.ts", "run.ts"].map((file) => `test/other-runtimes/${file}`);
    const paths = FILES.map((file) => `test/${file}`);
    const command = [program, "--import", ...[...words, ...paths].map(forNode)];
    await declareOutcomes(`Node ${version}`, command, FILES);

    /** Runs the tests of a name. */
    const passes = async (name: RegExp, paths: readonly string[]): Promise<void> => {
      const words = ["test", "--timeout", "30000", "-t", name.source, ...paths];
      const child = Bun.spawn([process.execPath, ...words], {
        cwd: root,
        env: { ...process.env, [NODE_VARIABLE]: program },
        stdin: "ignore",
        stdout: "ignore",
        stderr: "pipe",
      });
      const [said, status] = await Promise.all([new Response(child.stderr).text(), child.exited]);
      if (status !== 0) throw new Error(said);
      // A name that has changed would leave none.
      expect(Number(/^ *(\d+) pass$/m.exec(said)?.[1])).toBeGreaterThan(15);
    };

    describe(`a server on Node ${version}`, () => {
      test(
        "gives an app the requests of @hono/node-server",
        () => passes(/A request \(node\)/, ["test/behaviour/request-surface.test.ts"]),
        PATIENCE_MS,
      );
      test(
        "aborts the signals of clients that leave",
        () => passes(/leaves \(serve, node, Unix\)/, ["test/behaviour/abort.test.ts"]),
        PATIENCE_MS,
      );
    });
    describeWith("nginx", `a server on Node ${version} behind nginx`, () => {
      test(
        "gets requests whole",
        () => passes(/nginx, node, Unix/, ["test/e2e/requests.test.ts"]),
        PATIENCE_MS,
      );
    });
  }
} else if (process.env.REQUIRE_WEB_SERVERS === "1") {
  test("further versions of Node can be installed", () => {
    throw new Error(nodes);
  });
} else {
  test.skip(`further versions of Node (${nodes})`, () => {});
}
