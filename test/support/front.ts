/**
 * A real web server with the few lines of configuration that one test is about. The configurations
 * that `scgi config` prints have a harness of their own, `web-server.ts`.
 */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort, removeFolder, temporaryFolder } from "./address.ts";
import { Child } from "./child.ts";
import { requireTool } from "./require.ts";
import { untilAnswering } from "./web-server-start.ts";

/** The web servers that can be in front. */
export const fronts = ["nginx", "lighttpd", "apache"] as const;
export type FrontName = (typeof fronts)[number];

/** A web server that runs. */
export interface Front extends AsyncDisposable {
  /** Its port of 127.0.0.1. */
  readonly port: number;
  /** Its address for `fetch`, without a slash at the end. */
  readonly origin: string;
}

interface Places {
  folder: string;
  port: number;
  pidFile: string;
}

interface Program {
  configuration(lines: string, places: Places): string;
  args(file: string, places: Places): string[];
}

const apacheModules = [
  ...["mpm_event", "authz_core", "authn_core", "authn_file", "authz_user", "auth_basic"],
  ...["mime", "setenvif", "proxy", "proxy_http", "proxy_scgi"],
];

const programs: Record<FrontName, Program> = {
  nginx: {
    configuration: (lines, { folder, port }) => {
      const temporary = ["client_body", "scgi", "proxy", "fastcgi", "uwsgi"]
        .map((kind) => `${kind}_temp_path ${folder}/${kind};`).join(" ");
      return `
user www-data;
error_log ${folder}/error.log;
events {}
http {
  access_log off;
  include /etc/nginx/mime.types;
  ${temporary}
  server {
    listen 127.0.0.1:${port};
    include /etc/nginx/scgi_params;
    ${lines}
  }
}
`;
    },
    args: (file, { folder, pidFile }) => [
      ...["-p", folder, "-c", file],
      ...["-g", `daemon off; pid ${pidFile};`],
    ],
  },
  lighttpd: {
    configuration: (lines, { folder, port, pidFile }) => `
server.modules = ( "mod_access", "mod_auth", "mod_authn_file", "mod_proxy", "mod_scgi" )
server.bind = "127.0.0.1"
server.port = ${port}
server.username = "www-data"
server.groupname = "www-data"
server.document-root = "${folder}"
server.pid-file = "${pidFile}"
mimetype.assign = ( ".txt" => "text/plain", ".html" => "text/html" )
${lines}
`,
    args: (file) => ["-D", "-f", file],
  },
  apache: {
    configuration: (lines, { folder, port, pidFile }) => `
${
      apacheModules.map((name) =>
        `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`
      ).join("\n")
    }
ServerRoot ${folder}
DefaultRuntimeDir ${folder}
PidFile ${pidFile}
User www-data
Group www-data
ServerName example.com
Listen 127.0.0.1:${port}
ErrorLog ${folder}/error.log
TypesConfig /etc/mime.types
<Directory />
  Require all denied
</Directory>
${lines}
`,
    args: (file) => ["-D", "NO_DETACH", "-f", file],
  },
};

/** Starts a web server with lines of its own, and waits until it answers. */
export async function startFront(name: FrontName, lines: string): Promise<Front> {
  const folder = temporaryFolder();
  const places: Places = { folder, port: await freePort(), pidFile: join(folder, "pid") };
  const file = join(folder, "web-server.conf");
  const program = programs[name];
  writeFileSync(file, program.configuration(lines, places));
  const child = new Child(requireTool(name), program.args(file, places), { cwd: folder });
  const { port } = places;
  await untilAnswering(child, name, places);
  return {
    port,
    origin: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      await child.stop();
      removeFolder(folder);
    },
  };
}
