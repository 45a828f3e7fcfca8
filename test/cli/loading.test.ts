/** Modules that take long to load, or never finish. */

import { describe, expect, test } from "bun:test";
import { Peer } from "../behaviour/client.ts";
import { freePort } from "../support/address.ts";
import { runtimes } from "../support/server.ts";
import { folderOf, HELLO, runIn } from "./folder.ts";

/** What keeps a process alive for ever. */
const ALIVE = "setInterval(() => {}, 1000);\n";
const NEVER = "await new Promise(() => {});\n";
/** Says when the module begins to load. */
const BEGUN = 'console.log("begun");\n';

const NOTHING =
  "scgi: app.mjs cannot be loaded: it, or a module that it imports, awaits something " +
  "that never happens\n";

/** Waits for the line that a module is still being loaded. */
const LATE = "scgi: still loading app.mjs: it, or a module that it imports, awaits something\n";

describe.each(runtimes)("scgi serve (%s)", (runtime) => {
  const ends: [what: string, files: Record<string, string>, deno: RegExp][] = [
    [
      "a module that waits for nothing",
      { "app.mjs": NEVER + HELLO },
      /^scgi: still loading app\.mjs: [^\n]+\nerror: Top-level await promise never resolved\n/,
    ],
    [
      "a module that imports one that waits for nothing",
      { "app.mjs": `import "./other.mjs";\n${HELLO}`, "other.mjs": NEVER },
      /^scgi: still loading app\.mjs: [^\n]+\nerror: Top-level await[^]*other\.mjs:1/,
    ],
    [
      "a promise of an app that never comes",
      { "app.mjs": "export default new Promise(() => {});" },
      new RegExp(`^${NOTHING}$`),
    ],
  ];
  // Deno looks after five seconds whether a module can go on, and reports itself that it cannot.
  test("ends with a status for a module that never loads", async () => {
    await Promise.all(ends.map(async ([what, files, deno]) => {
      const child = runIn(folderOf(files), runtime, "serve", "app.mjs", "--port=0");
      const says = runtime === "deno" ? deno : new RegExp(`^${NOTHING}$`);
      expect([what, await child.exited, child.stdout, child.stderr])
        .toEqual([what, 1, "", expect.stringMatching(says)]);
    }));
  });

  test("ends with a status for workers that never load", async () => {
    const folder = folderOf({ "app.mjs": "export default new Promise(() => {});" });
    const child = runIn(folder, runtime, "serve", "app.mjs", "--port=0", "--workers=2");
    expect([await child.exited, child.stdout, child.stderr]).toEqual([1, "", NOTHING]);
  });

  test.each(["SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT"] as const)(
    "ends on %s while it loads",
    async (signal) => {
      const folder = folderOf({ "app.mjs": BEGUN + ALIVE + NEVER + HELLO });
      const child = runIn(folder, runtime, "serve", "app.mjs", "--port=0");
      await child.until(() => child.stdout === "begun\n", "it began to load");
      child.kill(signal);
      expect(await child.exited).toBe(0);
      expect([child.stderr, child.stdout]).toEqual(["", `begun\nStopping on ${signal}\n`]);
    },
  );

  test("does not serve what has loaded after a signal", async () => {
    const port = await freePort();
    const code = `process.on("SIGTERM", () => go());
let go;
console.log("begun");
setInterval(() => {}, 1000);
await new Promise((resolve) => go = resolve);
${HELLO}`;
    const child = runIn(
      folderOf({ "app.mjs": code }),
      runtime,
      "serve",
      "app.mjs",
      `--port=${port}`,
    );
    await child.until(() => child.stdout === "begun\n", "it began to load");
    child.kill("SIGTERM");
    expect(await child.exited).toBe(0);
    expect(child.stdout).toBe("begun\nStopping on SIGTERM\n");
    expect(await Peer.open(`127.0.0.1:${port}`).catch(() => "nothing")).toBe("nothing");
  });
});

test(
  "a module that is still loading is reported, also by workers, and signals end it",
  async () => {
    await Promise.all(
      runtimes.flatMap((runtime) => [[], ["--workers=2"]].map((more) => [runtime, more] as const))
        .map(async ([runtime, more]) => {
          const folder = folderOf({ "app.mjs": BEGUN + ALIVE + NEVER + HELLO });
          const child = runIn(folder, runtime, "serve", "app.mjs", "--port=0", ...more);
          await child.until(() => child.stderr.includes(LATE), "it said that it is still loading");
          // The listeners of signals are away for a moment on Deno.
          await new Promise((resolve) => setTimeout(resolve, 300));
          expect([runtime, more, await child.stop(), child.stderr, child.stdout])
            .toEqual([runtime, more, 0, LATE, "begun\nStopping on SIGTERM\n"]);
        }),
    );
  },
  30_000,
);

test.each(runtimes)(
  "a module may take its time (%s)",
  async (runtime) => {
    const code = `await new Promise((resolve) => setTimeout(resolve, 200));\n${HELLO}`;
    const child = runIn(folderOf({ "app.mjs": code }), runtime, "serve", "app.mjs", "--port=0");
    await child.until(() => child.stdout.startsWith("Listening on "), "it listened");
    expect([await child.stop(), child.stderr]).toEqual([0, ""]);
  },
);
