/** Programs that Debian's lighttpd spawns itself (`bin-path`): its socket is file descriptor 0. */

import { expect, test } from "bun:test";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { freePort, removeFolder, temporaryFolder } from "../../support/address.ts";
import { Child } from "../../support/child.ts";
import { eventually } from "../../support/eventually.ts";
import { describeWith, requireTool } from "../../support/require.ts";
import { runtimes } from "../../support/server.ts";
import { command } from "./parent.ts";

const root = join(import.meta.dirname, "../../..");
/** The program starts in the folder of /bin/sh, so its files need whole paths. */
const words = [join(root, "src/cli.ts"), "serve", join(root, "test/behaviour/inherited/app.ts")];

describeWith("lighttpd", "spawned by lighttpd", () => {
  const kinds = ["tcp", "unix"] as const;
  const targets = runtimes.flatMap((runtime) => kinds.map((kind) => ({ runtime, kind })));

  test.each(targets)(
    "serves, is replaced when it dies, and ends with it ($runtime, $kind)",
    async ({
      runtime,
      kind,
    }) => {
      const folder = temporaryFolder();
      const port = await freePort();
      const at = kind === "tcp"
        ? `"host" => "127.0.0.1", "port" => ${await freePort()}`
        : `"socket" => "${folder}/app.sock"`;
      const program = command(runtime, [...words, "--listen", "fd:0"]).join(" ");
      const file = join(folder, "lighttpd.conf");
      writeFileSync(file, configuration(folder, port, at, program));
      const lighttpd = new Child(requireTool("lighttpd"), ["-D", "-f", file], { cwd: folder });
      try {
        const pid = async () => Number(await get(port, "/pid"));
        const first = await eventually(pid, (pid) => pid > 0);
        for (let turn = 0; turn < 20; turn++) expect(await get(port, "/")).toBe("Hello\n");

        process.kill(first, "SIGKILL");
        const second = await eventually(pid, (pid) => pid > 0 && pid !== first);
        for (let turn = 0; turn < 20; turn++) expect(await get(port, "/")).toBe("Hello\n");

        await lighttpd.stop();
        await eventually(() => existsSync(`/proc/${second}`), (runs) => !runs);
        expect(readFileSync(join(folder, "error.log"), "utf8")).not.toContain("signal 9 (core");
        if (kind === "unix") expect(existsSync(join(folder, "app.sock-0"))).toBe(false);
      } finally {
        await lighttpd.stop();
        removeFolder(folder);
      }
    },
  );
});

function configuration(folder: string, port: number, at: string, program: string): string {
  return `server.modules = ("mod_scgi")
server.document-root = "${folder}"
server.bind = "127.0.0.1"
server.port = ${port}
server.errorlog = "${folder}/error.log"
scgi.server = ("/" => ((
    ${at},
    "bin-path" => "${program}",
    "max-procs" => 1,
    "check-local" => "disable",
    "fix-root-scriptname" => "enable"
)))
`;
}

/** A text, or nothing while lighttpd has nobody to ask. */
async function get(port: number, path: string): Promise<string | undefined> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}${path}`);
    const text = await response.text();
    return response.ok ? text : undefined;
  } catch {
    return undefined;
  }
}
