/** Debian's own configurations of the web servers, copied, and files of `scgi config` put into them. */

import {
  chmodSync,
  cpSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { answers, freePort, removeFolder, temporaryFolder } from "../support/address.ts";
import { Child } from "../support/child.ts";
import { edited } from "../support/program.ts";
import { requireTool } from "../support/require.ts";
import type { WebServerName } from "../support/web-server.ts";

/** A printed file, and its place below the web server's own folder. */
export interface Placed {
  place: string;
  text: string;
}

/** A web server with Debian's own configuration. */
export interface Debian extends AsyncDisposable {
  /** The port of Debian's own site. */
  readonly port: number;
  /** What it wrote to its error log, and to its standard streams. */
  said(): string;
}

interface Program {
  /** Where Debian has the configuration. */
  readonly etc: string;
  /** Changes what cannot be in a copy: ports, and the files of logs and process IDs. */
  move(folder: string, port: number): void;
  args(folder: string): string[];
  env?(folder: string): Record<string, string>;
}

function edit(file: string, edits: [from: string, to: string][]): void {
  writeFileSync(file, edited(readFileSync(file, "utf8"), edits));
}

const programs: Record<WebServerName, Program> = {
  nginx: {
    etc: "/etc/nginx",
    move(folder, port) {
      edit(join(folder, "nginx.conf"), [
        ["/etc/nginx/", `${folder}/`],
        ["/run/nginx.pid", `${folder}/pid`],
        ["/var/log/nginx/", `${folder}/`],
      ]);
      const site = readFileSync("/etc/nginx/sites-available/default", "utf8");
      // Debian has a link there, which leads out of the copy.
      rmSync(join(folder, "sites-enabled/default"));
      writeFileSync(
        join(folder, "sites-enabled/default"),
        edited(site, [
          ["listen 80 default_server;", `listen 127.0.0.1:${port} default_server;`],
          ["listen [::]:80 default_server;", ""],
        ]),
      );
    },
    args: (folder) => ["-c", join(folder, "nginx.conf"), "-g", "daemon off;"],
  },
  lighttpd: {
    etc: "/etc/lighttpd",
    move(folder, port) {
      edit(join(folder, "lighttpd.conf"), [
        ["/etc/lighttpd/", `${folder}/`],
        ["/run/lighttpd.pid", `${folder}/pid`],
        ["/var/log/lighttpd/", `${folder}/`],
      ]);
      const file = join(folder, "lighttpd.conf");
      const text = readFileSync(file, "utf8");
      writeFileSync(file, text.replace(/^server\.port .*$/m, `server.port = ${port}`));
    },
    args: (folder) => ["-D", "-f", join(folder, "lighttpd.conf")],
  },
  apache: {
    etc: "/etc/apache2",
    move(folder, port) {
      edit(join(folder, "ports.conf"), [["Listen 80", `Listen 127.0.0.1:${port}`]]);
      edit(join(folder, "sites-available/000-default.conf"), [["*:80", `*:${port}`]]);
    },
    // Its end is sent to its whole process group, which must not be that of the tests.
    args: (folder) => ["-D", "NO_DETACH", "-d", folder, "-f", "apache2.conf"],
    env: (folder) => ({
      APACHE_RUN_USER: "www-data",
      APACHE_RUN_GROUP: "www-data",
      APACHE_PID_FILE: join(folder, "pid"),
      APACHE_RUN_DIR: folder,
      APACHE_LOCK_DIR: folder,
      APACHE_LOG_DIR: folder,
    }),
  },
};

/** Does what a printed file says about modules: `a2enmod` links their files. */
function enableModules(folder: string, text: string): void {
  for (const name of /a2enmod ([a-z_ ]+)/.exec(text)?.[1]?.trim().split(" ") ?? []) {
    const link = join(folder, `mods-enabled/${name}.load`);
    try {
      symlinkSync(`../mods-available/${name}.load`, link);
    } catch (error) {
      if ((error as { code?: string }).code !== "EEXIST") throw error;
    }
  }
}

/** Starts a web server with Debian's configuration and printed files, until all ports answer. */
export async function startDebian(
  name: WebServerName,
  files: Placed[],
  ports: number[],
): Promise<Debian> {
  const program = programs[name];
  const folder = join(temporaryFolder(), "etc");
  cpSync(program.etc, folder, { recursive: true, verbatimSymlinks: true });
  const port = await freePort();
  program.move(folder, port);
  const log = join(folder, "error.log");
  writeFileSync(log, "");
  chmodSync(log, 0o666);
  for (const { place, text } of files) {
    mkdirSync(dirname(join(folder, place)), { recursive: true });
    writeFileSync(join(folder, place), text);
    if (name === "apache") enableModules(folder, text);
  }
  const child = new Child(requireTool(name), program.args(folder), {
    cwd: folder,
    env: program.env?.(folder) ?? {},
  });
  for (const each of [port, ...ports]) {
    await child.until(() => answers(each), `${name} answered at port ${each}`);
  }
  return {
    port,
    said: () => readFileSync(log, "utf8") + child.stdout + child.stderr,
    async [Symbol.asyncDispose]() {
      await child.stop();
      removeFolder(dirname(folder));
    },
  };
}
