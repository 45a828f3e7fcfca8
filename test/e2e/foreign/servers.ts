/** SCGI servers that nobody here wrote, as Debian has them. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import {
  answers,
  freePort,
  listensAt,
  removeFolder,
  temporaryFolder,
} from "../../support/address.ts";
import { Child } from "../../support/child.ts";
import { findTool, requireTool, type Tool } from "../../support/require.ts";

/** A server that listens. */
export interface ForeignServer extends AsyncDisposable {
  readonly address: string;
  readonly pid: number;
  /** What it wrote to stderr. */
  stderr(): string;
}

/** How one is started. */
export interface Foreign {
  /** What it needs. */
  tools: readonly Tool[];
  start(): Promise<ForeignServer>;
}

/** A server that runs an app, and the variable in which the app finds the decoded path. */
export interface AppServer extends Foreign {
  readonly path: "PATH_INFO" | "DOCUMENT_URI";
}

const here = import.meta.dirname;

/** uWSGI as Debian has it, with one of its plugins. */
const uwsgi = (
  plugin: string,
  part: Tool | readonly Tool[],
  option: string,
  app: string,
  ...more: string[]
): AppServer => ({
  tools: ["uwsgi", ...[part].flat()],
  // PHP has the file of the script in PATH_INFO, and nothing where it is given by --php-app.
  path: plugin === "php" ? "DOCUMENT_URI" : "PATH_INFO",
  start: () =>
    started("uwsgi", async () => {
      const port = await freePort();
      const listen = ["--scgi-socket", `127.0.0.1:${port}`, "--die-on-term", ...more];
      return {
        address: `127.0.0.1:${port}`,
        args: [...listen, "--plugin", plugin, option, join(here, app)],
        ready: () => answers(port),
      };
    }),
});

/** PHP under uWSGI without the modifier that names its plugin. */
export const phpWithoutModifier: AppServer = uwsgi(
  "php",
  "uwsgi-plugin-php",
  "--php-app",
  "app.php",
);

/** The servers that run an app, which is the same for each: server.pl, server.tcl, app.*. */
export const appServers: Record<string, AppServer> = {
  "Perl's SCGI module": {
    tools: ["perl", "libscgi-perl"],
    path: "PATH_INFO",
    start: () =>
      started("perl", (folder) => {
        const path = join(folder, "perl.sock");
        return {
          address: `unix:${path}`,
          args: [join(here, "server.pl"), path],
          ready: () => listensAt(path),
        };
      }),
  },
  "a server in Tcl": {
    tools: ["tclsh"],
    path: "PATH_INFO",
    start: () =>
      started("tclsh", async () => {
        const port = await freePort();
        return {
          address: `127.0.0.1:${port}`,
          args: [join(here, "server.tcl"), String(port)],
          ready: () => answers(port),
        };
      }),
  },
  "uWSGI (Python)": uwsgi("python3", "uwsgi-plugin-python3", "--wsgi-file", "app.py", "--need-app"),
  "uWSGI (Perl)": uwsgi("psgi", "uwsgi-plugin-psgi", "--psgi", "app.psgi", "--need-app"),
  "uWSGI (Ruby)": uwsgi(
    "rack_ruby31",
    ["uwsgi-plugin-rack-ruby3.1", "ruby-rack"],
    "--rack",
    "app.ru",
    "--need-app",
  ),
  "uWSGI (PHP)": uwsgi(
    "php",
    "uwsgi-plugin-php",
    "--php-app",
    "app.php",
    ...["--scgi-modifier1", "14"],
  ),
  "uWSGI (Lua)": uwsgi(
    "lua51",
    "uwsgi-plugin-lua5.1",
    "--lua",
    "app.lua",
    ...["--scgi-modifier1", "6"],
  ),
};

let running: Promise<Map<string, ForeignServer>> | undefined;

/** One of the servers that run an app; all that can start at once, and end with the test run. */
export async function appServer(name: string): Promise<ForeignServer> {
  running ??= startAll();
  return (await running).get(name)!;
}

async function startAll(): Promise<Map<string, ForeignServer>> {
  const installed = Object.entries(appServers).filter(([, { tools }]) => tools.every(findTool));
  return new Map(
    await Promise.all(
      installed.map(async ([name, { start }]): Promise<[string, ForeignServer]> => [
        name,
        await start(),
      ]),
    ),
  );
}

/** rtorrent with the configuration of its example, which opens no port. */
export const rtorrent: Foreign = {
  tools: ["rtorrent"],
  start: () =>
    started("rtorrent", (folder) => {
      const path = join(folder, "rtorrent.sock");
      const configuration = join(here, "../../../examples/rtorrent/rtorrent.rc");
      return {
        address: `unix:${path}`,
        args: ["-n", "-o", `import=${configuration}`],
        // It names its socket by a path of its own.
        ready: () => existsSync(path) && answers(path),
      };
    }),
};

/** How a program is started in its folder, and how one sees that it listens. */
interface Place {
  address: string;
  args: string[];
  ready(): boolean | Promise<boolean>;
}

async function started(
  tool: Tool,
  place: (folder: string) => Place | Promise<Place>,
): Promise<ForeignServer> {
  const folder = temporaryFolder();
  const { address, args, ready } = await place(folder);
  const child = new Child(requireTool(tool), args, { cwd: folder, env: { HOME: folder } });
  await child.until(ready, `${tool} listened at ${address}`);
  return {
    address,
    pid: child.pid,
    stderr: () => child.stderr,
    async [Symbol.asyncDispose]() {
      // They have nothing to finish, and some take their time for a gentler signal.
      child.kill("SIGKILL");
      await child.exited;
      removeFolder(folder);
    },
  };
}
