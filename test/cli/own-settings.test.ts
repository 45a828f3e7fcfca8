/** Apps that have settings or packages of their own, served on Deno by a command of another folder. */

import { expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../support/address.ts";
import { Child } from "../support/child.ts";
import { root } from "../support/root.ts";
import { ask } from "../behaviour/client.ts";
import { folderOf } from "./folder.ts";

const APP = 'import { text } from "own"; export default () => new Response(text);\n';
const OWN = 'export const text = "its own\\n";\n';

/** Starts the command as its user types it: without the flags that other tests give to Deno. */
async function served(folder: string, ...words: string[]): Promise<string> {
  const listen = `127.0.0.1:${await freePort()}`;
  const args = ["run", "-A", join(root, "src/cli.ts"), "serve", "app.mjs", "--listen", listen];
  const child = new Child(join(root, "node_modules/.bin/deno"), [...args, ...words], {
    cwd: folder,
  });
  await child.until(() => child.stdout.includes("Listening on "), "it listened");
  const { text } = await ask(listen, "/");
  expect(await child.stop()).toBe(0);
  return text;
}

test.each([[], ["--workers", "1"], ["--watch"]])(
  "imports of the app's deno.json are found: %p",
  async (...words) => {
    const settings = '{ // its own\n "imports": { "own": "./lib.mjs" }, "lock": false }';
    const folder = folderOf({ "app.mjs": APP, "lib.mjs": OWN, "deno.jsonc": settings });
    expect(await served(folder, ...words)).toBe("its own\n");
  },
  30_000,
);

test("packages of the app are found", async () => {
  const folder = folderOf({ "app.mjs": APP, "package.json": '{"dependencies":{"own":"1"}}' });
  const own = join(folder, "node_modules/own");
  mkdirSync(own);
  writeFileSync(join(own, "package.json"), '{"name":"own","type":"module","exports":"./own.js"}');
  writeFileSync(join(own, "own.js"), OWN);
  expect(await served(folder)).toBe("its own\n");
});

test("settings that the user has chosen count", async () => {
  const folder = folderOf({
    "app.mjs": APP,
    "lib.mjs": OWN,
    "deno.json": "{}",
    "other.json": '{ "imports": { "own": "./lib.mjs" }, "lock": false }',
  });
  const listen = `127.0.0.1:${await freePort()}`;
  const command = [join(root, "src/cli.ts"), "serve", "app.mjs", "--listen", listen];
  const args = ["run", "-A", "--config=other.json", ...command];
  const child = new Child(join(root, "node_modules/.bin/deno"), args, { cwd: folder });
  await child.until(() => child.stdout.startsWith("Listening on "), "it listened");
  expect((await ask(listen, "/")).text).toBe("its own\n");
  expect(await child.stop()).toBe(0);
});
