/** An app that changes its working directory, with a Unix socket at a relative path. */

import { describe, expect, test } from "bun:test";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../support/address.ts";
import { root } from "../support/root.ts";
import { runtimes } from "../support/server.ts";
import { folderOf, runIn } from "../cli/folder.ts";
import { Child } from "../support/child.ts";
import { command } from "../support/server.ts";
import { ask } from "./client.ts";

const APP = "import process from 'node:process';\n" +
  "process.chdir('elsewhere');\n" +
  "export default () => new Response('Hello\\n');\n";

function folder(files: Record<string, string>): string {
  const path = folderOf(files);
  mkdirSync(join(path, "elsewhere"));
  return path;
}

describe.each(runtimes)("a relative socket stays where it was meant (%s)", (runtime) => {
  test.each([["--unix", "app.sock"], ["--listen", "unix:./app.sock"]] as [string, string][])(
    "by %s",
    async (flag, value) => {
      const cwd = folder({ "app.mjs": APP });
      const port = await freePort();
      const child = runIn(cwd, runtime, "serve", "app.mjs", flag, value, "--http", String(port));
      await child.until(() => child.stdout.includes("Open http"), "it listened");
      expect((await ask(`unix:${join(cwd, "app.sock")}`, "/")).text).toBe("Hello\n");
      expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe("Hello\n");
      expect([await child.stop(), child.stderr]).toEqual([0, ""]);
      expect(existsSync(join(cwd, "app.sock"))).toBe(false);
    },
  );

  test("by serve()", async () => {
    const library = join(
      root,
      runtime === "node" ? "node_modules/.scgi-node/src/mod.js" : "src/mod.ts",
    );
    const code = `import process from "node:process"; import { serve } from ${
      JSON.stringify(library)
    };
const server = serve(() => new Response("Hello\\n"), { unix: "app.sock" });
process.chdir("elsewhere");
await server.ready;
console.log("Listening on", server.addr.path);
process.on("SIGTERM", async () => { await server.shutdown(); process.exit(0); });
`;
    const cwd = folder({ "script.mjs": code });
    const child = new Child(...command(runtime, [join(cwd, "script.mjs")]), { cwd });
    await child.until(() => child.stdout.includes("Listening on "), "it listened");
    expect(child.stdout).toBe("Listening on app.sock\n");
    expect((await ask(`unix:${join(cwd, "app.sock")}`, "/")).text).toBe("Hello\n");
    expect([await child.stop(), child.stderr]).toEqual([0, ""]);
    expect(existsSync(join(cwd, "app.sock"))).toBe(false);
  });
});
