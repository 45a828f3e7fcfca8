/** `scgi check` on each runtime, as root and as an ordinary user. */

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import process from "node:process";
import { tryAs } from "../../../src/cli/check/trial.ts";
import { findUser } from "../../../src/cli/check/user.ts";
import { run } from "../../../src/cli/commands/check.ts";
import { CommandError } from "../../../src/cli/error.ts";
import { serve } from "../../../src/mod.ts";
import { freePort, removeFolder, temporaryFolder } from "../../support/address.ts";
import { Child } from "../../support/child.ts";
import { requireTool } from "../../support/require.ts";
import { root } from "../../support/root.ts";
import { command, type Runtime, runtimes, spawnScript } from "../../support/server.ts";

const isRoot = process.getuid?.() === 0;
/** Whether an ordinary user can run what is in this checkout. */
const isOpen = isRoot && tryAs(findUser("nobody"), findUser(), [["x", root]])?.[0] === true;

interface Result {
  status: number | string;
  stdout: string;
  stderr: string;
}

const resultOf = async (child: Child): Promise<Result> => {
  const status = await child.exited;
  return { status, stdout: child.stdout, stderr: child.stderr };
};

const started = new AsyncDisposableStack();
let folder: string;
let open: string;
let closed: string;
let http: string;
let missing: string;
let full: string;
let sites: string;

beforeAll(async () => {
  folder = started.adopt(temporaryFolder(), removeFolder);
  const at = (name: string) => join(folder, name);
  [open, closed, missing, full] = ["open", "closed", "missing", "full"].map((name) =>
    `unix:${at(name)}.sock`
  ) as [string, string, string, string];
  for (const [address, mode] of [[open, 0o666], [closed, 0o660]] as const) {
    const app = () => new Response();
    const server = started.use(serve(app, { unix: address.slice("unix:".length), mode }));
    await server.ready;
  }
  const port = await freePort();
  http = `127.0.0.1:${port}`;
  const other = createServer((_, response) => response.end("x"));
  await new Promise<void>((resolve) => other.listen(port, "127.0.0.1", resolve));
  started.defer(() => void other.close());
  const code = "use Socket; socket(S, PF_UNIX, SOCK_STREAM, 0); bind(S, sockaddr_un($ARGV[0])); " +
    'listen(S, 0); $| = 1; print "listens"; sleep 60';
  const perl = new Child(requireTool("perl"), ["-e", code, full.slice("unix:".length)], {
    cwd: folder,
  });
  started.defer(async () => void await perl.stop());
  await perl.until(() => perl.stdout === "listens", "it listened");
  // One connection waits to be accepted; that is all.
  const waiting = connect(full.slice("unix:".length));
  started.defer(() => void waiting.destroy());
  await new Promise((resolve) => waiting.once("connect", resolve));
  sites = at("nginx.conf");
  mkdirSync(at("sites"));
  const params = "scgi_param SCGI 1; scgi_param REQUEST_METHOD HEAD; scgi_param REQUEST_URI /;";
  writeFileSync(sites, `user www-data; http { ${params} include sites/*; }`);
  writeFileSync(at("sites/a"), `server { location / { scgi_pass ${open}; } }`);
  writeFileSync(at("sites/b"), `server { location / { scgi_pass ${closed}; } }`);
  chmodSync(at("sites"), 0o755);
});
afterAll(() => started.disposeAsync());

describe.each(runtimes)("scgi check (%s)", (runtime: Runtime) => {
  const check = (...args: string[]) =>
    resultOf(spawnScript(runtime, ["src/cli.ts", "check", ...args]));

  test("ends with 0 where all is right, else with 1 and the lines that mend it", async () => {
    const [right, wrong, gone, spoken, stuck] = await Promise.all([
      check(open),
      check(closed, "--as", isRoot ? "www-data" : findUser().name),
      check(missing),
      check(http),
      check(full),
    ]);
    const path = closed.slice("unix:".length);
    expect(right).toMatchObject({ status: 0, stderr: "" });
    expect(right.stdout).toMatch(/^ok {4}It speaks SCGI: HEAD \/ is 200 OK in [\d.]+ ms$/m);
    expect(right.stdout).not.toMatch(/^no /m);
    if (isRoot) {
      expect(right.stdout).toContain(`        scgi check ${open} --as www-data\n`);
      expect(wrong).toMatchObject({ status: 1, stderr: "" });
      expect(wrong.stdout).toContain(
        `no    www-data may not connect to ${path} (rw-rw---- root:root)\n` +
          `        sudo chgrp www-data ${path} && sudo chmod g+w ${path}\n`,
      );
    }
    expect(gone).toMatchObject({ status: 1, stderr: "" });
    expect(gone.stdout).toContain(`        scgi serve app.ts --listen ${missing}`);
    expect(spoken).toMatchObject({ status: 1, stderr: "" });
    expect(spoken.stdout).toContain(`no    ${http} answers HTTP, not SCGI.`);
    expect(stuck).toMatchObject({ status: 1, stderr: "" });
    expect(stuck.stdout).toContain(`no    ${full} accepts no connection: its backlog is full`);
  }, 30_000);

  test.skipIf(!isRoot)("takes the addresses and the user of an nginx.conf", async () => {
    const { status, stdout, stderr } = await check("--nginx", sites);
    expect([status, stderr]).toEqual([1, ""]);
    expect(stdout).toContain(`${folder}/sites/a:1, location / of localhost: scgi_pass ${open}\n`);
    expect(stdout).toContain(`\n${open}\nok `);
    expect(stdout).toContain(`\n${closed}\nok `);
    expect(stdout.match(/^no .*$/gm)).toEqual([
      expect.stringMatching(/^no {4}www-data may not connect to .*closed\.sock /),
    ]);
  }, 30_000);

  test.skipIf(!isOpen)("works for an ordinary user", async () => {
    const cache = join(folder, `cache-${runtime}`);
    mkdirSync(cache);
    chmodSync(cache, 0o777);
    const env = { HOME: cache, DENO_DIR: cache, XDG_CACHE_HOME: cache };
    const asNobody = (...args: string[]) => {
      const [program, words] = command(runtime, ["src/cli.ts", "check", ...args]);
      const nobody = ["--reuid=65534", "--regid=65534", "--clear-groups"];
      return resultOf(new Child("setpriv", [...nobody, program, ...words], { cwd: root, env }));
    };
    const right = await asNobody(open);
    expect(right).toMatchObject({ status: 0, stderr: "" });
    const [wrong, other] = await Promise.all([asNobody(closed), asNobody(closed, "--as", "root")]);
    const path = closed.slice("unix:".length);
    expect(wrong).toMatchObject({ status: 1, stderr: "" });
    expect(wrong.stdout).toContain(
      `no    nobody may not connect to ${path} (rw-rw---- root:root)\n`,
    );
    // The mode lets root in, and this process itself not.
    expect(other.stdout).toContain(`ok    root may connect to ${path}\n`);
    expect(other.stdout).toContain(`no    This process may not connect to ${closed}\n`);
  }, 60_000);
});

describe("scgi check, with a wrong command line,", () => {
  const cases: [what: string, args: string[], says: string][] = [
    ["no address", [], "scgi check needs an address or --nginx FILE. See `scgi check --help`"],
    ["two addresses", ["4000", "4001"], "scgi check needs an address or --nginx FILE."],
    ["an address and a file", ["4000", "--nginx", "x"], "scgi check needs an address or --nginx"],
    ["an address that is none", ["nowhere"], "The address nowhere cannot be used: it must have"],
    ["an inherited socket", ["fd:3"], "scgi check needs unix:/path or HOST:PORT, not fd:3"],
    ["a path that is too long", [`unix:/${"a".repeat(107)}`], "The path has over 107 bytes"],
    ["an unknown user", ["4000", "--as", "no body"], "--as must be a user of this system, not"],
    ["no time", ["4000", "-m", "0"], "--max-time must be a number of seconds above 0"],
  ];
  test.each(cases)("is one line and the status 2 for %s", async (_, args, says) => {
    const error = await run(args).then(() => undefined, (error) => error as CommandError);
    expect(error).toBeInstanceOf(CommandError);
    expect(error!.exitStatus).toBe(2);
    expect(error!.message).toStartWith(says);
    expect(error!.message).not.toContain("\n");
  });
});
