/** Three backends on addresses of their own, and a web server with examples/cluster in front. */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fetch as ask } from "../../src/client.ts";
import { freePort, removeFolder, temporaryFolder } from "./address.ts";
import { Child } from "./child.ts";
import { edited } from "./program.ts";
import { requireTool } from "./require.ts";
import { type Runtime, type ServerProcess, startServer } from "./server.ts";
import type { WebServerName } from "./web-server.ts";
import { makeWritable, untilAnswering } from "./web-server-start.ts";

const folderOfExample = join(import.meta.dirname, "../../examples/cluster");

/** The example's configuration of a web server, as it is. */
export function exampleConfiguration(name: WebServerName): string {
  return readFileSync(join(folderOfExample, `${name}.conf`), "utf8");
}

/** One machine of the cluster, which can be down. */
export class Backend implements AsyncDisposable {
  readonly name: string;
  readonly listen: string;
  readonly #runtime: Runtime;
  #server: ServerProcess | undefined;

  constructor(name: string, runtime: Runtime, listen: string) {
    this.name = name;
    this.listen = listen;
    this.#runtime = runtime;
  }

  /** Starts it, and waits until it listens. */
  async start(): Promise<void> {
    this.#server = await startServer({
      runtime: this.#runtime,
      module: "examples/cluster/app.ts",
      listen: this.listen,
      args: ["--allow", "127.0.0.1", "--binding", `BACKEND=${this.name}`],
    });
  }

  /** Ends it in the middle of whatever it does, and returns when it was gone. */
  async kill(): Promise<number> {
    this.#server?.kill("SIGKILL");
    await this.#server?.exited;
    this.#server = undefined;
    return performance.now();
  }

  /** Ends it with SIGTERM, and returns when it was gone; throws where it does not exit with 0. */
  async stop(): Promise<number> {
    await this.#server?.stop();
    this.#server = undefined;
    return performance.now();
  }

  /** How many requests of a method it has begun since its start; none while it is down. */
  async begun(method: string): Promise<number> {
    if (this.#server === undefined) return 0;
    const reply = await ask("http://cluster.test/begun", { to: this.listen });
    const counts = await reply.json() as Record<string, number>;
    return counts[method] ?? 0;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop().then(() => {});
  }
}

/** A web server and what is behind it. */
export interface Cluster extends AsyncDisposable {
  /** The web server's address for `fetch`, without a slash at the end. */
  readonly origin: string;
  readonly backends: readonly [a: Backend, b: Backend, c: Backend];
  /** Sends the web server a signal, after a change of its configuration. */
  reload(signal: NodeJS.Signals, change: (configuration: string) => string): void;
}

interface Places {
  folder: string;
  port: number;
  pidFile: string;
}

interface Program {
  /** What has to be another here than on the machine that the example is for. */
  configuration(example: string, places: Places): string;
  args(file: string, places: Places): string[];
}

const programs: Record<WebServerName, Program> = {
  nginx: {
    configuration: (example, { folder, port }) => {
      const temporary = ["client_body", "scgi", "proxy", "fastcgi", "uwsgi"]
        .map((kind) => `    ${kind}_temp_path ${folder}/${kind};\n`).join("");
      return edited(example, [
        ["/var/log/nginx/", `${folder}/`],
        ["\nhttp {\n", `\nhttp {\n${temporary}`],
        ["listen 80;", `listen 127.0.0.1:${port};`],
        ["fail_timeout=10s", "fail_timeout=1s"],
      ]);
    },
    args: (file, { folder, pidFile }) => [
      ...["-p", folder, "-c", file],
      ...["-g", `daemon off; pid ${pidFile};`],
    ],
  },
  lighttpd: {
    configuration: (example, { folder, port, pidFile }) =>
      edited(example, [
        ["\nserver.port = 80\n", `\nserver.port = ${port}\nserver.bind = "127.0.0.1"\n`],
        ["/var/log/lighttpd/", `${folder}/`],
        ["/run/lighttpd.pid", pidFile],
        ["/var/cache/lighttpd/uploads", `${folder}/uploads`],
        [`"disable-time" => 10`, `"disable-time" => 1`],
      ]),
    args: (file) => ["-D", "-f", file],
  },
  apache: {
    configuration: (example, places) =>
      aroundSite(example, places) + edited(example, [
        ["<VirtualHost *:80>", `<VirtualHost 127.0.0.1:${places.port}>`],
        [" retry=10", " retry=1"],
      ]),
    // Its end is sent to its whole process group, which must not be that of the tests.
    args: (file) => ["-D", "NO_DETACH", "-f", file],
  },
};

/** Of Debian's /etc/apache2/apache2.conf what matters here, and the modules that the site names. */
function aroundSite(site: string, { folder, port, pidFile }: Places): string {
  const named = /a2enmod ([a-z_ ]+?) &&/.exec(site)?.[1]?.split(" ") ?? [];
  const modules = ["mpm_event", "authz_core", "authn_core", "authn_file", "auth_basic"];
  const load = [...modules, "authz_user", "filter", "reqtimeout", ...named]
    .map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so\n`);
  return `${load.join("")}
ServerRoot ${folder}
DefaultRuntimeDir ${folder}
PidFile ${pidFile}
User www-data
Group www-data
ServerName localhost
Listen 127.0.0.1:${port}
ErrorLog ${folder}/error.log
LogFormat "%h" combined
Include /etc/apache2/mods-available/mpm_event.conf
<Directory />
  Require all denied
</Directory>
`;
}

/** Starts three backends, two on Bun and one on Deno, and a web server in front of them. */
export async function startCluster(
  name: WebServerName,
  change: (configuration: string) => string = (configuration) => configuration,
): Promise<Cluster> {
  await using started = new AsyncDisposableStack();
  const folder = started.adopt(temporaryFolder(), removeFolder);
  const machine = async (name: string, runtime: Runtime, address: string) => {
    // Elsewhere 127.0.0.1 is the only one of these that is there unasked.
    const host = process.platform === "linux" ? address : "127.0.0.1";
    return started.use(new Backend(name, runtime, `${host}:${await freePort()}`));
  };
  const backends = [
    await machine("a", "bun", "127.0.0.2"),
    await machine("b", "deno", "127.0.0.3"),
    await machine("c", "bun", "127.0.0.4"),
  ] as const;
  await Promise.all(backends.map((backend) => backend.start()));

  const places: Places = { folder, port: await freePort(), pidFile: join(folder, "pid") };
  makeWritable(folder);
  const file = join(folder, "web-server.conf");
  const configuration = change(edited(
    programs[name].configuration(exampleConfiguration(name), places),
    backends.map(({ listen }, at) => addresses(name, `10.0.0.1${at + 1}:4000`, listen)),
  ));
  writeFileSync(file, configuration);
  const child = new Child(requireTool(name), programs[name].args(file, places), {
    cwd: folder,
    env: { APACHE_LOG_DIR: folder, APACHE_RUN_DIR: folder },
  });
  started.defer(() => child.stop().then(() => {}));
  await untilAnswering(child, name, places);
  const running = started.move();
  return {
    origin: `http://127.0.0.1:${places.port}`,
    backends,
    reload(signal, change) {
      const changed = change(configuration);
      writeFileSync(file, changed);
      child.kill(signal);
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

/** An address as the configuration has it, and another one in the same form. */
function addresses(name: WebServerName, from: string, to: string): [string, string] {
  if (name !== "lighttpd") return [from, to];
  const inside = (address: string) => `"host" => "${address.replace(":", `", "port" => `)}`;
  return [inside(from), inside(to)];
}
