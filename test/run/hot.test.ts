/** `bun --hot`, which evaluates a script anew in the same process when a file changes. */

import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { ask } from "../behaviour/client.ts";
import { freePort, removeFolder, temporaryFolder } from "../support/address.ts";
import { eventually } from "../support/eventually.ts";
import { startScript } from "../support/server.ts";

const kinds: [kind: string, script: string][] = [
  ["calls Bun.serve", "Bun.serve({ port: 3999, routes, fetch });"],
  ["calls Bun.serve with an ID", 'Bun.serve({ port: evaluated, id: "own", routes, fetch });'],
  ["exports its app", "export default { port: 3999, routes, fetch };"],
  [
    "exports an instance",
    "export default new (class { port = 3999; routes = routes; fetch = fetch })();",
  ],
  [
    "stops the server before",
    "globalThis.server?.stop(); globalThis.server = Bun.serve({ fetch, routes });",
  ],
];

test.each(kinds)(
  "a script that %s serves its new code, without another address",
  async (_, script) => {
    const folder = temporaryFolder();
    const write = (version: number) =>
      writeFileSync(
        join(folder, "app.ts"),
        `const evaluated = globalThis.evaluated = (globalThis.evaluated ?? 0) + 1;
       const fetch = () => new Response("version ${version} of " + evaluated);
       const routes = { "/route": new Response("route ${version}") };
       ${script}`,
      );
    write(1);
    const at = `127.0.0.1:${await freePort()}`;
    const words = ["--hot", "src/cli.ts", "run", "--listen", at, join(folder, "app.ts")];
    await using server = await startScript("bun", words);
    expect((await ask(at, "/")).text).toBe("version 1 of 1");
    for (const version of [2, 3]) {
      write(version);
      await eventually(
        async () => (await ask(at, "/")).text,
        (text) => text.startsWith(`version ${version} of `),
      );
      expect((await ask(at, "/route")).text).toBe(`route ${version}`);
    }
    expect(server.stderr()).not.toContain("scgi:");
    removeFolder(folder);
  },
  30_000,
);

test("the server is the same object with the same ID, and two of one address are one", async () => {
  const folder = temporaryFolder();
  const file = join(folder, "app.ts");
  writeFileSync(
    file,
    `const fetch = () => new Response("x");
     const ids = [{ port: 0 }, { port: 0 }, { port: 0, id: "own" }, { port: 0, id: null },
       { port: 0, hostname: "127.0.0.1" }, { unix: ${JSON.stringify(join(folder, "x.sock"))} }];
     const servers = ids.map((options) => Bun.serve({ ...options, fetch }));
     console.log(JSON.stringify(servers.map(({ id }, index) => [id, servers.indexOf(servers[index])])));
     process.exit();`,
  );
  const run = async (words: string[]) => {
    const child = Bun.spawn([process.execPath, "--hot", ...words, file], {
      cwd: join(import.meta.dirname, "../.."),
      stderr: "ignore",
    });
    return await new Response(child.stdout).text();
  };
  const own = await run([]);
  expect(JSON.parse(own)[1]).toEqual(["[http]-tcp:localhost:0", 0]);
  const flags = Array.from({ length: 5 }, () => ["--listen", "127.0.0.1:0"]).flat();
  expect(await run(["src/cli.ts", "run", ...flags])).toBe(own);
  removeFolder(folder);
});
