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
import { requireTool, type Tool } from "../../support/require.ts";

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

const root = join(import.meta.dirname, "../../..");

/** The servers that run an app, which is the same for each: server.pl, app.py. */
export const appServers: Record<string, Foreign> = {
  "Perl's SCGI module": {
    tools: ["perl", "libscgi-perl"],
    start: () =>
      started("perl", (folder) => {
        const path = join(folder, "perl.sock");
        return {
          address: `unix:${path}`,
          args: [join(root, "test/e2e/foreign/server.pl"), path],
          ready: () => listensAt(path),
        };
      }),
  },
  "uWSGI": {
    tools: ["uwsgi", "uwsgi-plugin-python3"],
    start: () =>
      started("uwsgi", async () => {
        const port = await freePort();
        const listen = ["--scgi-socket", `127.0.0.1:${port}`, "--die-on-term", "--need-app"];
        const app = ["--plugin", "python3", "--wsgi-file", join(root, "test/e2e/foreign/app.py")];
        return {
          address: `127.0.0.1:${port}`,
          args: [...listen, ...app],
          ready: () => answers(port),
        };
      }),
  },
};

/** rtorrent with the configuration of its example, which opens no port. */
export const rtorrent: Foreign = {
  tools: ["rtorrent"],
  start: () =>
    started("rtorrent", (folder) => {
      const path = join(folder, "rtorrent.sock");
      const configuration = join(root, "examples/rtorrent/rtorrent.rc");
      return {
        address: `unix:${path}`,
        args: ["-n", "-o", `import=${configuration}`],
        // It names its socket by a path of its own.
        ready: () => existsSync(path),
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
