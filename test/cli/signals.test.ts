/** The signals of the command, in the table of the README. */

import { describe, expect, test } from "bun:test";
import process from "node:process";
import { join } from "node:path";
import { ask } from "../behaviour/client.ts";
import { testAtOnce } from "../support/at-once.ts";
import { Child } from "../support/child.ts";
import { eventually } from "../support/eventually.ts";
import { type Runtime, runtimes, servingRuntimes } from "../support/server.ts";
import { AS_FIRST, canBeFirst, childrenOf, listensOverTcp } from "../support/signals.ts";
import { folderOf, HELLO, runIn, scgi } from "./folder.ts";

const OWN = `const fetch = () => new Response("Hello\\n");
"Bun" in globalThis ? Bun.serve({ fetch }) : Deno.serve(fetch);
`;
/** Says that it begins to load, and never ends. */
const LOADING = `console.log("begun");
setInterval(() => {}, 1000);
await new Promise(() => {});
${HELLO}`;
const FILES = { "app.mjs": HELLO, "own.mjs": OWN, "loading.mjs": LOADING };
/** Deno's message of the debugger that it opens, which is closed at once. */
const DEBUGGER = /^(?:Debugger listening on .*|Visit chrome:.*|Failed to start inspector.*)\n/gm;

const socketOf = (folder: string): string => `unix:${join(folder, "app.sock")}`;

async function answers(folder: string): Promise<boolean> {
  return await ask(socketOf(folder), "/").then(({ text }) => text === "Hello\n", () => false);
}

/** Sends SIGUSR1 until it must have been heard of, and expects that no debugger is left open. */
async function sendUsr1(child: Child, runtime: Runtime, pid: number = child.pid): Promise<void> {
  const opened = () => runtime !== "deno" || child.stderr.includes("Debugger listening");
  // Deno opens its debugger not before the first half second.
  await eventually(() => {
    process.kill(pid, "SIGUSR1");
    return opened();
  }, Boolean);
  await eventually(() => listensOverTcp(pid), (listens) => !listens);
}

const served = [
  ...runtimes.flatMap((runtime) =>
    ["app.mjs", "app.mjs --workers=1", "app.mjs --watch"]
      .map((words) => `${runtime} serve ${words}`)
  ),
  ...servingRuntimes.map((runtime) => `${runtime} run own.mjs`),
];

testAtOnce(
  "serves on after SIGUSR1 without a log, opens no debugger, and drains on SIGQUIT",
  served,
  async (kind) => {
    const [runtime, command = "", ...words] = kind.split(" ") as [Runtime, ...string[]];
    const folder = folderOf(FILES);
    const child = runIn(folder, runtime, command, "--listen", socketOf(folder), ...words);
    await child.until(() => answers(folder), "it answered");
    await sendUsr1(child, runtime);
    expect(await answers(folder)).toBe(true);
    child.kill("SIGQUIT");
    expect(await child.exited).toBe(0);
    expect(child.stderr.replace(DEBUGGER, "").replace(/^(?:Listening|Stopping|Watcher) .*\n/gm, ""))
      .toBe("");
  },
);

describe.each(runtimes)("scgi serve (%s)", (runtime) => {
  test("does not end on SIGUSR1 while the module loads", async () => {
    const child = runIn(folderOf(FILES), runtime, "serve", "loading.mjs", "--port=0");
    await child.until(() => child.stdout === "begun\n", "it began to load");
    await sendUsr1(child, runtime);
    child.kill("SIGQUIT");
    expect(await child.exited).toBe(0);
    expect(child.stdout).toBe("begun\nStopping on SIGQUIT\n");
  });

  // Shells name what they start; dash does not.
  testAtOnce(
    "ends on SIGHUP and SIGTERM by the signal",
    ["SIGHUP", "SIGTERM under nohup"],
    async (kind) => {
      const [signal, nohup = ""] = kind.split(" ");
      const folder = folderOf(FILES);
      const [program, args] = scgi(runtime, "serve", "app.mjs", "--listen", socketOf(folder));
      const line = nohup === "" ? 'exec "$@"' : 'exec nohup "$@"';
      const env = nohup === "" ? { _: "bash" } : { _: "/usr/bin/nohup" };
      const child = new Child("sh", ["-c", line, "sh", program, ...args], { cwd: folder, env });
      await child.until(() => answers(folder), "it answered");
      child.kill("SIGHUP");
      if (nohup !== "") expect(await answers(folder)).toBe(true);
      if (nohup !== "") child.kill("SIGTERM");
      expect(await child.exited).toBe(0);
      expect(child.stdout).toEndWith(`\nStopping on ${signal}\n`);
    },
  );

  const first = [
    ["app.mjs", "SIGTERM", []],
    ["app.mjs", "SIGINT", []],
    ["app.mjs", "SIGQUIT", ["--workers=1"]],
    ["loading.mjs", "SIGTERM", []],
  ] as const;
  test.skipIf(!canBeFirst)("ends as PID 1 of a container on each signal that ends it", async () => {
    await Promise.all(first.map(async ([module, signal, words]) => {
      const folder = folderOf(FILES);
      const [program, args] = scgi(
        runtime,
        "serve",
        module,
        "--listen",
        socketOf(folder),
        ...words,
      );
      const [unshare = "", ...rest] = [...AS_FIRST, program, ...args];
      const child = new Child(unshare, rest, { cwd: folder });
      const ready = module === "app.mjs" ? "Listening on " : "begun";
      await child.until(() => child.stdout.startsWith(ready), "it was ready");
      const [pid = 0] = childrenOf(child.pid);
      process.kill(pid, "SIGUSR1");
      process.kill(pid, signal);
      expect([module, signal, await child.exited]).toEqual([module, signal, 0]);
      expect(child.stdout).toEndWith(`\nStopping on ${signal}\n`);
    }));
  });
});
