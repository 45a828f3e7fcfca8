/** Routes of `Bun.serve` whose content Bun serves: what they need of the machine, and leave there. */

import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { ask } from "../behaviour/client.ts";
import { removeFolder, temporaryFolder } from "../support/address.ts";
import { startScript } from "../support/server.ts";

const script = "test/run/apps/bun-serve.ts";
const paths: [path: string, text: string][] = [
  ["/ready", "Ready"],
  ["/file", "0123456789"],
  ["/files/small.txt", readFileSync(join(import.meta.dirname, "apps/files/small.txt"), "utf8")],
  ["/page", "<!"],
];

async function start(folder: string, TMPDIR: string) {
  const at = `unix:${join(folder, "app.sock")}`;
  const words = ["src/cli.ts", "run", "--listen", at, script];
  const env = { TMPDIR, TEMP: TMPDIR, TMP: TMPDIR, BUN_TMPDIR: TMPDIR };
  return { at, server: await startScript("bun", words, { env }) };
}

const onLinux = test.if(process.platform === "linux");

onLinux("they need no folder for temporary files", async () => {
  const folder = temporaryFolder();
  const { at, server } = await start(folder, "/nothing/at/all");
  for (const [path, text] of paths) {
    const reply = await ask(at, path);
    expect([path, reply.status, reply.text]).toEqual([path, 200, expect.stringContaining(text)]);
  }
  await server.stop();
  removeFolder(folder);
});

onLinux("they leave nothing behind, however the process ends", async () => {
  const folder = temporaryFolder();
  const temporary = temporaryFolder();
  for (const signal of ["SIGTERM", "SIGKILL"] as const) {
    const { at, server } = await start(folder, temporary);
    for (const [path] of paths) expect((await ask(at, path)).status).toBe(200);
    server.kill(signal);
    await server.exited;
    expect(readdirSync(temporary)).toEqual([]);
  }
  removeFolder(folder);
  removeFolder(temporary);
});

onLinux("other programs of the machine get nothing of them", async () => {
  const folder = temporaryFolder();
  const { server } = await start(folder, folder);
  const names = [...readFileSync("/proc/net/unix", "utf8").matchAll(/ @(scgi-[0-9a-f-]+)$/gm)];
  expect(names.length).toBeGreaterThan(0);
  for (const [, name] of names) {
    for (const [path] of [...paths, ["/"], ["/*"], ["//file"]] as [string][]) {
      const init = { unix: `\0${name}` } as RequestInit;
      const reply = await fetch(`http://localhost${path}`, init).catch(() => undefined);
      // Another test's may have ended.
      if (reply === undefined) continue;
      expect(reply.headers.get("scgi-miss")).toBe("1");
      expect(await reply.text()).toBe("");
    }
  }
  await server.stop();
  removeFolder(folder);
});
