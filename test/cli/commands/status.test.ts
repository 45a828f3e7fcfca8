/** `scgi status`, on each runtime. */

import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { createServer } from "node:net";
import { freePort, removeFolder, temporaryFolder } from "../../support/address.ts";
import { testAtOnce } from "../../support/at-once.ts";
import { Child } from "../../support/child.ts";
import { root } from "../../support/root.ts";
import { command, runtimes, spawnScript } from "../../support/server.ts";
import { ask } from "../../behaviour/client.ts";
import { startStatus } from "../status/started.ts";

testAtOnce("prints the figures once, and each second with --watch", runtimes, async (runtime) => {
  await using started = await startStatus("bun");
  await started.serving();
  await ask(started.address, "/");
  await started.child.until(
    async () => (await started.snapshot()).total.requests["2xx"] === 1,
    "the request was counted",
  );
  const once = spawnScript(runtime, ["src/cli.ts", "status", started.status]);
  expect([await once.exited, once.stderr]).toEqual([0, ""]);
  expect(once.stdout).toMatch(
    /^serving {6}up \d+ s {3}pid \d+ {3}scgi \S+ {3}Bun \S+\nrequests {5}1 {3}[\d.]+\/s {3}2xx 1\n/,
  );
  const watch = spawnScript(runtime, ["src/cli.ts", "status", started.status, "--watch"]);
  const looks = () => watch.stdout.split("\n\n").length - 1;
  await watch.until(() => looks() >= 2, "it had looked twice");
  expect(watch.stdout).not.toContain("\x1b");
  started.child.kill("SIGKILL");
  await watch.until(
    () => watch.stdout.includes(`\nNothing answers at ${started.status}. `),
    "it said that nothing answers",
  );
  watch.kill("SIGINT");
  expect(await watch.exited).not.toBe(0);
});

testAtOnce("draws over the figures on a terminal", runtimes, async (runtime) => {
  await using started = await startStatus("bun", { args: ["--workers", "2"] });
  await started.serving();
  const [program, args] = command(runtime, ["src/cli.ts", "status", started.status, "--watch"]);
  const line = `stty rows 9 cols 100; exec ${[program, ...args].join(" ")}`;
  const child = new Child("script", ["-qec", line, "/dev/null"], { cwd: root });
  const looks = () => child.stdout.split("\x1b[H").slice(1);
  await child.until(() => looks().length >= 3, "it had looked twice");
  const [first = ""] = looks();
  expect(child.stdout).toContain("\x1b[2J\x1b[Hserving ");
  // No more than fits, so that nothing scrolls.
  expect(first.split("\r\n")).toHaveLength(9);
  expect(first).toStartWith("serving ");
  expect(first).toContain("\x1b[K\r\nrequests ");
  expect(first).toEndWith("\x1b[K\r\n\x1b[J");
  child.kill("SIGKILL");
  await child.exited;
});

describe("one line tells", () => {
  const said = async (runtime: (typeof runtimes)[number], ...words: string[]) => {
    const child = spawnScript(runtime, ["src/cli.ts", "status", ...words]);
    const status = await child.exited;
    expect([status, child.stdout]).toEqual([expect.any(Number), ""]);
    return [status, child.stderr];
  };

  testAtOnce("why there is nothing to print", runtimes, async (runtime) => {
    const folder = temporaryFolder();
    const [port, path] = [await freePort(), `unix:${join(folder, "none.sock")}`];
    await using started = await startStatus("bun");
    await started.serving();
    for (const address of [`127.0.0.1:${port}`, path]) {
      expect(await said(runtime, address)).toEqual([
        1,
        `scgi: Nothing answers at ${address}. Start scgi with --status ${address}\n`,
      ]);
    }
    expect(await said(runtime, started.address)).toEqual([
      1,
      `scgi: ${started.address} is not the status of scgi. ` +
      "Give the address of --status, not that of --listen\n",
    ]);
    removeFolder(folder);
  });

  testAtOnce("that nothing comes in time", runtimes, async (runtime) => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = `127.0.0.1:${(server.address() as { port: number }).port}`;
    expect(await said(runtime, address)).toEqual([
      1,
      `scgi: ${address} does not answer: its event loop is blocked, ` +
      "or it is not the address of a status\n",
    ]);
    server.close();
  });

  test.each([
    [[], /needs an address/],
    [["9100", "9101"], /takes one address/],
    [["fd:3"], /must be \[HOST:\]PORT or unix:PATH, not fd:3/],
    [["9100", "--wach"], /--wach is not a flag of scgi status\. Did you mean --watch\?/],
  ])("what is wrong with %p", async (words, what) => {
    const [status, stderr] = await said("bun", ...words);
    expect(status).toBe(2);
    expect(stderr).toMatch(what);
    expect(stderr).toMatch(/^scgi: [^\n]+\n$/);
  });
});
