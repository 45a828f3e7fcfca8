/** An nginx in front of servers, each at a port of its own. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { answers, freePort, removeFolder, temporaryFolder } from "../support/address.ts";
import { Child } from "../support/child.ts";
import { processTree } from "./cpu.ts";
import type { Running } from "./servers.ts";

const KEPT_ALIVE = 64;

/** It runs. */
export class Nginx implements AsyncDisposable {
  readonly #folder = temporaryFolder();
  readonly #ports = new Map<Running, number>();
  #child: Child | undefined;

  /** Starts it. */
  static async start(servers: readonly Running[]): Promise<Nginx> {
    const nginx = new Nginx();
    try {
      await nginx.#start(servers);
    } catch (error) {
      await nginx[Symbol.asyncDispose]();
      throw error;
    }
    return nginx;
  }

  /** The port at which it passes requests on to a server. */
  portOf(server: Running): number {
    return this.#ports.get(server)!;
  }

  /** Its processes; the workers follow a moment after it listens. */
  pids(): number[] {
    return this.#child === undefined ? [] : processTree(this.#child.pid);
  }

  async #start(servers: readonly Running[]): Promise<void> {
    for (const server of servers) this.#ports.set(server, await freePort());
    const file = join(this.#folder, "nginx.conf");
    writeFileSync(file, configuration(this.#folder, this.#ports));
    const args = ["-p", this.#folder, "-c", file, "-g", `daemon off;`];
    const child = this.#child = new Child("/usr/sbin/nginx", args, { cwd: this.#folder });
    const last = this.portOf(servers.at(-1)!);
    await child.until(() => answers(last), "nginx listened");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#child?.stop();
    removeFolder(this.#folder);
  }
}

function configuration(folder: string, ports: ReadonlyMap<Running, number>): string {
  const temporary = ["client_body", "scgi", "proxy", "fastcgi", "uwsgi"]
    .map((kind) => `  ${kind}_temp_path ${folder}/${kind};\n`).join("");
  const sites = [...ports].map(([server, port], index) => siteOf(server, port, index)).join("");
  return `${process.getuid?.() === 0 ? "user root;\n" : ""}worker_processes auto;
pid ${folder}/nginx.pid;
error_log ${folder}/error.log;
events { worker_connections 4096; }
http {
${temporary}  access_log off;
  keepalive_requests 1000000;
  proxy_max_temp_file_size 0;
  scgi_max_temp_file_size 0;
${sites}}
`;
}

function siteOf({ place, variant }: Running, port: number, index: number): string {
  const path = `unix:${"unix" in place ? place.unix : ""}`;
  const passed = {
    "scgi": `include /etc/nginx/scgi_params; scgi_pass ${path};`,
    "http": `proxy_pass http://${path};`,
    "http with keep-alive":
      `proxy_pass http://kept${index}; proxy_http_version 1.1; proxy_set_header Connection "";`,
    "websocket": `proxy_pass http://${path}; proxy_http_version 1.1; ` +
      "proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade;",
  }[variant.protocol];
  return `  upstream kept${index} { server ${path}; keepalive ${KEPT_ALIVE}; }
  server { listen 127.0.0.1:${port}; location / { ${passed} } }
`;
}
