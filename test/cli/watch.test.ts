/** `--watch`: the app is started anew when a file of it changes, until a signal ends all of it. */

import { describe, expect, test } from "bun:test";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { SAME_SIGNAL_MS } from "../../src/cli/deadlines.ts";
import { ask, head, Peer } from "../behaviour/client.ts";
import { freePort } from "../support/address.ts";
import type { Child } from "../support/child.ts";
import { eventually } from "../support/eventually.ts";
import { runtimes } from "../support/server.ts";
import { folderOf, runIn } from "./folder.ts";

const part = (text: string): string => `export const text = "${text}";\n`;
const app = (handler: string): string => `import { text } from "./part.mjs";\n${handler}\n`;
const SERVED = app("export default { fetch: () => new Response(text) };");
const OTHER = app('export default { fetch: () => new Response("other " + text) };');
const BROKEN = "export default {{\n";

/** Longer than any of the runtimes takes to start the app anew. */
const AGAIN_MS = 2000;

/** Waits until a server answers with a text. */
async function answers(address: string, text: string, meanwhile = () => {}): Promise<void> {
  const asked = () => ask(address, "/").then((reply) => reply.text, (error) => String(error));
  await eventually(() => (meanwhile(), asked()), (answer) => answer === text);
}

/** What writes a file, and does so again where that came to nothing. */
function writing(file: string, text: string): () => void {
  let at = -Infinity;
  // Deno begins to watch a file a moment after it has loaded it, and misses what comes before.
  return () => {
    if (performance.now() - at < AGAIN_MS) return;
    at = performance.now();
    writeFileSync(file, text);
  };
}

/** Changes a file until a server answers with a text. */
function change(file: string, to: string, address: string, text: string): Promise<void> {
  return answers(address, text, writing(file, to));
}

/** Waits until the module has failed, and a watcher waits for a change of it. */
async function failed(child: Child, meanwhile = () => {}): Promise<void> {
  const waits = /waiting for a file to change|Restarting on file change|Failed running/;
  const said = () => child.stdout + child.stderr;
  await child.until(() => (meanwhile(), waits.test(said())), "it waited for a change");
  expect(said()).toContain("app.mjs could not be loaded");
}

/** Ends it with a signal, and expects that nothing is left of it. */
async function end(child: Child, address: string, signal: NodeJS.Signals): Promise<void> {
  child.kill(signal);
  expect(await child.exited).toBe(0);
  if (address.startsWith("unix:")) expect(existsSync(address.slice(5))).toBe(false);
  expect(await ask(address, "/").then(() => "it answers", () => "gone")).toBe("gone");
}

describe.each(runtimes)("scgi serve --watch (%s)", (runtime) => {
  const start = (folder: string, listen: string): Child =>
    runIn(folder, runtime, "serve", "app.mjs", "--watch", "--listen", listen);

  test("serves what has changed, on a Unix socket, and outlives what does not load", async () => {
    const folder = folderOf({ "app.mjs": SERVED, "part.mjs": part("one") });
    const address = `unix:${join(folder, "app.sock")}`;
    const child = start(folder, address);
    await answers(address, "one");
    await change(join(folder, "part.mjs"), part("two"), address, "two");
    await failed(child, writing(join(folder, "app.mjs"), BROKEN));
    await change(join(folder, "app.mjs"), OTHER, address, "other two");
    await end(child, address, "SIGTERM");
  });

  test("waits for the first module that loads, and takes its port again", async () => {
    const folder = folderOf({ "app.mjs": BROKEN, "part.mjs": part("one") });
    const address = `127.0.0.1:${await freePort()}`;
    const child = start(folder, address);
    await failed(child);
    await change(join(folder, "app.mjs"), SERVED, address, "one");
    await change(join(folder, "part.mjs"), part("two"), address, "two");
    await end(child, address, "SIGINT");
  });

  test("ends when it is told to while the module does not load", async () => {
    const folder = folderOf({ "app.mjs": BROKEN });
    const child = start(folder, "127.0.0.1:0");
    await failed(child);
    child.kill("SIGHUP");
    expect(await child.exited).toBe(0);
  });
});

const scripts = {
  bun: "Bun.serve({ fetch: () => new Response(text) });",
  deno: "Deno.serve(() => new Response(text));",
};

describe.each(["bun", "deno"] as const)("scgi run --watch (%s)", (runtime) => {
  test("serves what has changed, and leaves --watch of the script's own to it", async () => {
    const folder = folderOf({
      "app.mjs": app(`import process from "node:process";
        if (!process.argv.includes("--watch")) throw new Error("no argument");
        ${scripts[runtime]}`),
      "part.mjs": part("one"),
    });
    const address = `unix:${join(folder, "app.sock")}`;
    const words = ["run", "--listen", address, "--watch", "app.mjs", "--watch"];
    const child = runIn(folder, runtime, ...words);
    await answers(address, "one");
    for (const text of ["two", "three"]) {
      await change(join(folder, "part.mjs"), part(text), address, text);
    }
    await end(child, address, "SIGTERM");
  });
});

/** Holds the loop for longer than a test lasts; the file tells that it has begun. */
const LOOPING = `import { writeFileSync } from "node:fs";
function loop() {
  writeFileSync(import.meta.dirname + "/begun", "");
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20_000);
  return new Response("late");
}
`;

const hangs = [
  ...runtimes.map((runtime) => ["serve", runtime, "export default { fetch: loop };"] as const),
  ["run", "bun", "Bun.serve({ fetch: loop });"] as const,
  ["run", "deno", "Deno.serve(loop);"] as const,
];

describe.each(hangs)("scgi %s --watch of an app that loops for ever (%s)", (name, runtime, app) => {
  const looping = async (timeout = 300): Promise<[child: Child, address: string]> => {
    const folder = folderOf({ "app.mjs": `${LOOPING}${app}\n` });
    const address = `127.0.0.1:${await freePort()}`;
    const words = [
      "--watch",
      "--listen",
      address,
      "--shutdown-timeout",
      String(timeout),
      "app.mjs",
    ];
    const child = runIn(folder, runtime, name, ...words);
    const begun = () => existsSync(join(folder, "begun"));
    const open = async () => {
      const sent = Peer.open(address).then((peer) => peer.send(head("/")), () => {});
      // A connection that is reset meanwhile may never say that it has sent.
      await Promise.race([sent, Bun.sleep(500)]);
    };
    await child.until(
      () => child.stdout.includes("Listening") || child.stderr.includes("Listening"),
      "it listened",
    );
    // Bun may start the app anew for its own file, which was just written, and drop a request.
    await eventually(async () => {
      await open();
      return begun();
    }, (there) => there);
    return [child, address];
  };

  test("kills it at SIGTERM after the time of a stop, and says so", async () => {
    const [child, address] = await looping();
    const before = performance.now();
    await end(child, address, "SIGTERM");
    expect(performance.now() - before).toBeGreaterThan(1290);
    expect(child.stderr).toContain("scgi: the app was killed: it did not stop within 1300 ms\n");
  });

  test("kills it at a second SIGTERM at once", async () => {
    const [child, address] = await looping(600_000);
    let status: number | string | undefined;
    child.exited.then((ended) => status = ended);
    // On a busy machine two signals may become one.
    await eventually(async () => {
      child.kill("SIGTERM");
      await Bun.sleep(4 * SAME_SIGNAL_MS);
      return status;
    }, (ended) => ended !== undefined);
    expect(status).toBe(1);
    expect(await ask(address, "/").then(() => "it answers", () => "gone")).toBe("gone");
  });

  test("leaves nothing of it where it is killed itself", async () => {
    const [child, address] = await looping();
    child.kill("SIGKILL");
    // A connection that is reset as it is made may never say so.
    const refused = () => ask(address, "/").then(() => "", ({ code }) => code);
    await eventually(
      () => Promise.race([refused(), Bun.sleep(500).then(() => "silent")]),
      (code) => code === "ECONNREFUSED",
    );
  });
});
