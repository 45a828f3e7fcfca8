/** A real web server as a child process, with the configuration that `scgi config` prints for it. */

import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort, removeFolder, temporaryFolder } from "./address.ts";
import { apache } from "./apache.ts";
import { Child } from "./child.ts";
import { lighttpd } from "./lighttpd.ts";
import { nginx } from "./nginx.ts";
import type { Places, Program, Site } from "./program.ts";
import { requireTool } from "./require.ts";
import { makeWritable, untilAnswering } from "./web-server-start.ts";

/** The web servers that the end-to-end tests run on. */
export const webServers = ["nginx", "lighttpd", "apache"] as const;
export type WebServerName = (typeof webServers)[number];

const programs: Record<WebServerName, Program> = { nginx, lighttpd, apache };

/** Who may see `/private`. */
export const USER = "ada";
export const PASSWORD = "lovelace";

/** A web server that runs. */
export interface WebServer extends AsyncDisposable {
  readonly name: WebServerName;
  /** The port of 127.0.0.1 that it listens at. */
  readonly port: number;
  /** Its address for `fetch`, without a slash at the end. */
  readonly origin: string;
  /** Its address over TLS; the certificate is its own, see {@linkcode certificate}. */
  readonly secureOrigin: string;
  /** The lines of its error log so far, without what it says of its start and end. */
  errors(): string[];
  /** Ends it and removes its files. */
  stop(): Promise<void>;
}

/**
 * Starts a web server in front of an SCGI server, and waits until it answers.
 *
 * @param descriptors The soft limit of its file descriptors; that of the tests unless given.
 */
export async function startWebServer(
  name: WebServerName,
  site: Site,
  descriptors?: number,
): Promise<WebServer> {
  const program = programs[name];
  const folder = temporaryFolder();
  const places: Places = {
    folder,
    port: await freePort(),
    securePort: await freePort(),
    pidFile: join(folder, "pid"),
    ...credentials(),
  };
  makeWritable(folder);
  const file = join(folder, "web-server.conf");
  writeFileSync(file, program.configuration(site, places));
  const child = new Child(requireTool(name), program.args(file, places), {
    cwd: folder,
    env: program.env?.(places) ?? {},
    ...(descriptors === undefined ? {} : { descriptors }),
  });
  const { port, securePort } = places;
  await untilAnswering(child, name, places);
  const stop = async () => {
    await child.stop();
    removeFolder(folder);
  };
  return {
    name,
    port,
    origin: `http://127.0.0.1:${port}`,
    secureOrigin: `https://127.0.0.1:${securePort}`,
    errors: () =>
      readFileSync(join(folder, "error.log"), "utf8").split("\n")
        .filter((line) => !program.chatter.test(line)),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

type Credentials = Pick<Places, "certificate" | "key" | "passwords">;
let made: Credentials | undefined;

/** A certificate for 127.0.0.1 and a password file, made once a run. */
export function credentials(): Credentials {
  if (made !== undefined) return made;
  const folder = temporaryFolder();
  const file = (name: string) => join(folder, name);
  const [certificate, key, passwords] = [file("cert.pem"), file("key.pem"), file("passwords")];
  const openssl = (...args: string[]) =>
    execFileSync("openssl", args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  openssl(
    ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"],
    ...["-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"],
    ...["-keyout", key, "-out", certificate],
  );
  writeFileSync(passwords, `${USER}:${openssl("passwd", "-apr1", PASSWORD)}`, { mode: 0o644 });
  return made = { certificate, key, passwords };
}

/** The certificate of every `secureOrigin`, for `fetch(…, { tls: { ca } })`. */
export function certificate(): string {
  return readFileSync(credentials().certificate, "utf8");
}
