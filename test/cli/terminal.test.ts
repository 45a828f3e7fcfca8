/** What `scgi serve` and `scgi run` say once they listen: on a terminal, and elsewhere. */

import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { freePort } from "../support/address.ts";
import { Child } from "../support/child.ts";
import { eventually } from "../support/eventually.ts";
import { runtimes } from "../support/server.ts";
import { ask } from "../behaviour/client.ts";
import { folderOf, HELLO, runIn, scgi } from "./folder.ts";

const folder = folderOf({ "app.mjs": HELLO });

describe.each(runtimes)("scgi serve (%s)", (runtime) => {
  /** Runs the command on a terminal of its own, and gives what is to be read there. */
  const shown = async (address: string, ...words: string[]): Promise<string[]> => {
    const [program, args] = scgi(runtime, "serve", "app.mjs", "--listen", address, ...words);
    // The shell says which process is to be ended.
    const line = `echo $$ >pid; exec ${[program, ...args].join(" ")}`;
    const child = new Child("script", ["-qec", line, "/dev/null"], { cwd: folder });
    await answering(address);
    const quiet = words.includes("--quiet");
    await child.until(() => quiet || child.stdout.includes("scgi config"), "it said all");
    process.kill(Number(readFileSync(join(folder, "pid"), "utf8")), "SIGTERM");
    expect(await child.exited).toBe(0);
    return child.stdout.split("\r\n").filter((part) => part !== "");
  };

  test("tells a terminal the line for nginx as well, and how to get the whole", async () => {
    const [port, path] = [await freePort(), join(folder, `${runtime}.sock`)];
    expect(await shown(`unix:${runtime}.sock`, "--http", String(port))).toEqual([
      `Listening on unix:${runtime}.sock (SCGI)`,
      `Open http://127.0.0.1:${port}/`,
      `For nginx: location / { include scgi_params; scgi_pass unix:${path}; }`,
      `For a whole configuration: scgi config nginx --listen unix:${path}`,
      "Stopping on SIGTERM",
    ]);
  });

  test("tells a terminal nothing with --quiet", async () => {
    expect(await shown(`127.0.0.1:${await freePort()}`, "--quiet")).toEqual([]);
  });

  test("tells no more than where it listens where there is no terminal", async () => {
    const address = `127.0.0.1:${await freePort()}`;
    const child = runIn(folder, runtime, "serve", "app.mjs", "--listen", address);
    await answering(address);
    expect([await child.stop(), child.stderr]).toEqual([0, ""]);
    expect(child.stdout).toBe(`Listening on ${address} (SCGI)\nStopping on SIGTERM\n`);
  });

  test.each([[], ["--workers", "1"]])(
    "says with --quiet what --log writes alone %j",
    async (...words) => {
      const address = `127.0.0.1:${await freePort()}`;
      const flags = ["--listen", address, "--quiet", "--log", ...words];
      const child = runIn(folder, runtime, "serve", "app.mjs", ...flags);
      await answering(address);
      expect([await child.stop(), child.stderr]).toEqual([0, ""]);
      expect(child.stdout).toMatch(/^[^\n]*"GET \/ HTTP\/1\.1" 200 [^\n]*\n$/);
    },
  );
});

async function answering(address: string): Promise<void> {
  // A Unix socket is named from the folder of the app.
  const at = address.replace(/^unix:/, `unix:${folder}/`);
  const text = () => ask(at, "/").then((reply) => reply.text, () => "");
  await eventually(text, (answer) => answer === "Hello\n");
}
