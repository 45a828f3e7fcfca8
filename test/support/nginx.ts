/** Debian's nginx as a child process, with the configuration of `examples/nginx/`. */

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { answers, freePort, removeFolder, temporaryFolder } from "./address.ts";
import { Child } from "./child.ts";
import { requireTool } from "./require.ts";

const example = join(import.meta.dirname, "../../examples/nginx/nginx.conf");

/** A running nginx. */
export interface Nginx extends AsyncDisposable {
  /** The port of 127.0.0.1 that it listens at. */
  readonly port: number;
  /** Its address for `fetch`, without a slash at the end. */
  readonly origin: string;
  /** What it wrote to its error log so far. */
  errors(): string;
  /** Ends it and removes its files. */
  stop(): Promise<void>;
}

/** Starts nginx in front of an SCGI server (`127.0.0.1:4000`, `unix:/run/app.sock`). */
export async function startNginx(upstream: string): Promise<Nginx> {
  const folder = temporaryFolder();
  const port = await freePort();
  const file = join(folder, "nginx.conf");
  writeFileSync(file, adapted(readFileSync(example, "utf8"), { folder, port, upstream }));
  const pidFile = join(folder, "nginx.pid");
  const globals = `daemon off; pid ${pidFile};`;
  const nginx = new Child(requireTool("nginx"), ["-p", folder, "-c", file, "-g", globals], {
    cwd: folder,
  });
  // The file appears once the port is its own; somebody else may answer there before.
  await nginx.until(() => existsSync(pidFile) && answers(port), `it answered at port ${port}`);
  const stop = async () => {
    await nginx.stop();
    removeFolder(folder);
  };
  return {
    port,
    origin: `http://127.0.0.1:${port}`,
    errors: () => readFileSync(join(folder, "error.log"), "utf8"),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/** The example with this machine's places in it: four edits, each of which must find its line. */
function adapted(
  text: string,
  { folder, port, upstream }: { folder: string; port: number; upstream: string },
): string {
  const temporary = ["client_body", "scgi", "proxy", "fastcgi", "uwsgi"]
    .map((kind) => `    ${kind}_temp_path ${folder}/${kind};\n`).join("");
  const edits: [from: string, to: string][] = [
    ["/var/log/nginx/", `${folder}/`],
    ["\nhttp {\n", `\nhttp {\n${temporary}`],
    ["\n        listen 80;\n", `\n        listen 127.0.0.1:${port};\n`],
    ["\n        server 127.0.0.1:4000;\n", `\n        server ${upstream};\n`],
  ];
  return edits.reduce((edited, [from, to]) => {
    if (!edited.includes(from)) throw new Error(`${example} has lost the text ${from}`);
    return edited.replaceAll(from, to);
  }, text);
}
