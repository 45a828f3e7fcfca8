/** What `scgi serve` listens to, and an app as well. */

import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { ask } from "../behaviour/client.ts";
import { Child } from "../support/child.ts";
import { eventually } from "../support/eventually.ts";
import { root } from "../support/root.ts";
import { command, type Runtime, runtimes } from "../support/server.ts";
import { folderOf, HELLO, runIn } from "./folder.ts";

const APP = `
import process from "node:process";
const tell = (text) => console.log("the app's " + text);
process.on("unhandledRejection", (reason) => tell("rejection " + reason));
process.on("SIGTERM", () => tell("signal"));
process.on("exit", (status) => tell("exit " + status));
export default {
  fetch({ url }) {
    if (url.endsWith("/rejects")) void Promise.reject("nobody handles this");
    if (url.endsWith("/ends")) setTimeout(() => process.exit(7), 20);
    if (url.endsWith("/ends-deno")) setTimeout(() => Deno.exit(7), 20);
    return new Response("Hello\\n");
  },
};
`;

const CARES_BY_EVENT = `
addEventListener("unhandledrejection", (event) => {
  console.log("the app's event", event.reason, event.defaultPrevented);
  if (event.reason === "mine") event.preventDefault();
});
export default {
  fetch({ url }) {
    void Promise.reject(new URL(url).pathname.slice(1));
    return new Response("Hello\\n");
  },
};
`;

/** Waits until it listens. */
async function started(child: Child): Promise<void> {
  await child.until(() => child.stdout.startsWith("Listening on "), "it listened");
}

describe("an app under scgi serve", () => {
  const serveIn = async (runtime: Runtime, app = APP) => {
    const folder = folderOf({ "app.mjs": app });
    const socket = join(folder, "app.sock");
    const child = runIn(folder, runtime, "serve", "app.mjs", "--listen", `unix:${socket}`);
    await started(child);
    return { child, socket };
  };

  test.each(runtimes)("hears of a rejection once, as the command does (%s)", async (runtime) => {
    const { child, socket } = await serveIn(runtime);
    for (const _ of [1, 2]) await ask(`unix:${socket}`, "/rejects");
    const told = /^the app's rejection nobody handles this$/gm;
    await eventually(() => child.stdout.match(told)?.length, (count) => count === 2);
    expect((await ask(`unix:${socket}`, "/")).text).toBe("Hello\n");
    expect(await child.stop()).toBe(0);
    expect(child.stdout.match(told)).toHaveLength(2);
    expect(child.stderr.match(/^scgi: unhandled rejection: /gm)).toHaveLength(2);
  });

  test("takes care of a rejection by Deno's event, and nobody else hears of it", async () => {
    const { child, socket } = await serveIn("deno", CARES_BY_EVENT);
    const reasons = ["mine", "others", "mine", "others"];
    for (const reason of reasons) await ask(`unix:${socket}`, `/${reason}`);
    const told = reasons.map((reason) => `the app's event ${reason} false\n`).join("");
    await eventually(() => child.stdout, (text) => text.endsWith(told));
    expect(await child.stop()).toBe(0);
    expect(child.stderr).toBe("scgi: unhandled rejection: others\n".repeat(2));
  });

  test.each(runtimes)("hears of the signal that stops it, and of its end (%s)", async (runtime) => {
    const { child, socket } = await serveIn(runtime);
    expect(await child.stop()).toBe(0);
    expect(child.stdout.split("\n").slice(1).sort().join("\n").trim()).toBe(
      "Stopping on SIGTERM\nthe app's exit 0\nthe app's signal",
    );
    expect(existsSync(socket)).toBe(false);
  });

  test.each([
    ...runtimes.map((runtime) => [runtime, "ends"] as const),
    ["deno", "ends-deno"] as const,
  ])("leaves no socket where it ends the process (%s, %s)", async (runtime, way) => {
    const { child, socket } = await serveIn(runtime);
    expect(existsSync(socket)).toBe(true);
    await ask(`unix:${socket}`, `/${way}`);
    expect(await child.exited).toBe(7);
    expect(existsSync(socket)).toBe(false);
  });
});

test("process, which Deno takes long to load, is not looked at before the first reply", async () => {
  const folder = folderOf({
    "app.mjs": HELLO,
    "watch.mjs": `
      const { get } = Object.getOwnPropertyDescriptor(globalThis, "process");
      Object.defineProperty(globalThis, "process", {
        get() {
          console.log(new Error("process is looked at").stack);
          return get.call(globalThis);
        },
      });`,
  });
  const words = [join(root, "src/cli.ts"), "serve", "app.mjs", "--listen", "unix:app.sock"];
  const run = command("deno", words, ["-A", "--preload=watch.mjs"]);
  const child = new Child(...run, { cwd: folder });
  await started(child);
  expect((await ask(`unix:${join(folder, "app.sock")}`, "/")).text).toBe("Hello\n");
  expect(child.stdout).toBe("Listening on unix:app.sock (SCGI)\n");
  expect(await child.stop()).toBe(0);
  // At its end it is.
  expect(child.stdout).toContain("process is looked at");
});
