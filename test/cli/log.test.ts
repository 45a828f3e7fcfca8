/** `--log=FILE`: what is written into it, what cannot be, and that it can be renamed. */

import { describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { ask } from "../behaviour/client.ts";
import type { Child } from "../support/child.ts";
import { eventually } from "../support/eventually.ts";
import { describeWith, requireTool } from "../support/require.ts";
import { type Runtime, runtimes } from "../support/server.ts";
import { NamedPipe } from "../support/stream.ts";
import { folderOf, HELLO, runIn } from "./folder.ts";

/** A script that starts its server itself. */
const OWN = `const fetch = () => new Response("Hello\\n");
"Bun" in globalThis ? Bun.serve({ fetch }) : Deno.serve(fetch);
`;
const LINE = / "GET \/(\d+) HTTP\/1\.1" 200 6 "-" "-" \d+ms$/;

interface Logged {
  child: Child;
  folder: string;
  at: string;
}

/** Starts a command in a new folder, and waits until it listens. */
async function started(
  runtime: Runtime,
  words: string[],
  files: Record<string, string> = { "app.mjs": HELLO },
): Promise<Logged> {
  const folder = folderOf(files);
  const [command = "", ...rest] = words;
  const child = runIn(folder, runtime, command, "--listen", "unix:app.sock", ...rest);
  const says = () => /^Listening on /m.test(child.stdout + child.stderr);
  await child.until(says, "it listened");
  return { child, folder, at: `unix:${join(folder, "app.sock")}` };
}

/** The lines of all files of a log, wherever they were renamed to. */
function linesOf(folder: string): string[] {
  return readdirSync(folder).filter((name) => name.startsWith("access.log")).flatMap((name) => {
    const text = readFileSync(join(folder, name), "utf8");
    expect(text).toMatch(/^$|\n$/);
    return text.split("\n").slice(0, -1);
  });
}

/** Requests without end, each with a number of its own. */
class Numbers {
  count = 0;
  #stopped = false;
  readonly #senders: Promise<void>[];

  constructor(at: string) {
    this.#senders = Array.from({ length: 4 }, async () => {
      while (!this.#stopped) {
        const { text } = await ask(at, `/${this.count++}`);
        if (text !== "Hello\n") throw new Error(text);
      }
    });
  }

  async more(count: number): Promise<void> {
    const goal = this.count + count;
    await eventually(() => this.count, (count) => count >= goal);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#senders);
  }
}

const rotated = [
  ...runtimes.map((runtime) =>
    ["serve", runtime, ["serve", "--log", "access.log", "app.mjs"]] as const
  ),
  ["serve --workers", "deno", ["serve", "app.mjs", "--workers=2", "--log=access.log"]] as const,
  ["run", "bun", ["run", "--log", "access.log", "own.mjs"]] as const,
];

describe.each(rotated)("the log of scgi %s (%s)", (_, runtime, words) => {
  test("is renamed and opened anew by SIGUSR1 under load, and each request is in it once", async () => {
    const files = { "app.mjs": HELLO, "own.mjs": OWN };
    const { child, folder, at } = await started(runtime, [...words], files);
    const log = join(folder, "access.log");
    const numbers = new Numbers(at);
    for (const rotation of [1, 2, 3]) {
      await numbers.more(40);
      renameSync(log, `${log}.${rotation}`);
      child.kill("SIGUSR1");
      await eventually(() => existsSync(log), Boolean);
    }
    await eventually(() => readFileSync(log, "utf8"), (text) => text !== "");
    await numbers.stop();
    expect(await child.stop()).toBe(0);
    const found = linesOf(folder).map((line) => Number(LINE.exec(line)?.[1]));
    const order = found.sort((one, other) => one - other);
    expect(order).toEqual(Array.from({ length: numbers.count }, (_, i) => i));
    expect(statSync(log).mode & 0o777).toBe(0o640);
  });
});

describe.each(runtimes)("scgi serve --log=FILE (%s)", (runtime) => {
  test("goes on where the file cannot be opened anew, and opens it when it can", async () => {
    const files = { "app.mjs": HELLO };
    const folder = folderOf(files);
    mkdirSync(join(folder, "logs"));
    const words = ["serve", "app.mjs", "--listen", "unix:app.sock", "--log=logs/a", "--quiet"];
    const child = runIn(folder, runtime, ...words, "--log-format={request_uri} {status}");
    const at = `unix:${join(folder, "app.sock")}`;
    await eventually(() => ask(at, "/1").then(() => true, () => false), Boolean);
    renameSync(join(folder, "logs"), join(folder, "old"));
    child.kill("SIGUSR1");
    const said = "scgi: the log logs/a cannot be opened again: its folder does not exist. " +
      "Make it first. It goes on as it is\n";
    await eventually(() => child.stderr, (text) => text.includes(said));
    await ask(at, "/2");
    const old = () => readFileSync(join(folder, "old/a"), "utf8");
    await eventually(old, (text) => text === "/1 200\n/2 200\n");
    mkdirSync(join(folder, "logs"));
    child.kill("SIGUSR1");
    const anew = join(folder, "logs/a");
    await eventually(() => existsSync(anew), Boolean);
    await ask(at, "/3");
    expect(await child.stop()).toBe(0);
    expect([old(), readFileSync(anew, "utf8")]).toEqual(["/1 200\n/2 200\n", "/3 200\n"]);
  });

  test("serves on a full disk and with a pipe that nobody reads, and ends", async () => {
    const full = await started(runtime, ["serve", "app.mjs", "--log=/dev/full"]);
    using pipe = new NamedPipe();
    pipe.close();
    const silent = await started(runtime, ["serve", "app.mjs", `--log=${pipe.path}`]);
    for (const { at, child } of [full, silent]) {
      for (let i = 0; i < 20; i++) {
        const variables = { HTTP_USER_AGENT: "x".repeat(8000), HTTP_REFERER: "y".repeat(8000) };
        expect((await ask(at, "/", { variables })).text).toBe("Hello\n");
      }
      expect(await child.stop()).toBe(0);
    }
    expect(full.child.stderr).toBe(
      "scgi: the log /dev/full cannot be written: ENOSPC. Lines are kept until it can be\n",
    );
    expect(silent.child.stderr).toBe("");
  });

  const OPENING = 3;
  const away = "cannot be opened: its folder does not exist. Make it first";
  const refused: [words: string[], status: number, says: string][] = [
    [["app.mjs", "--log=away/a"], 1, `--log=away/a ${away}`],
    [["app.mjs", "--log=away/a", "--workers=1"], 1, `--log=away/a ${away}`],
    [["app.mjs", "--log=."], 1, "--log=. cannot be opened: it is a folder. Name a file in it"],
    [["app.mjs", "--log="], 2, "--log= names no file. Name one, or give --log alone"],
    [
      ["app.mjs", "--log-format=json"],
      2,
      "--log-format needs --log. Add it, or leave this flag out",
    ],
    [
      ["app.mjs", "--log", "--log-format={x}"],
      2,
      "--log-format has {x}, which is no field. Fields are remote_addr, remote_port, remote_user, " +
      "time_local, time_iso8601, request, request_method, request_uri, server_protocol, host, " +
      "status, body_bytes_sent, request_time, request_ms, and http_ with the name of a header",
    ],
    ...["other.ts", "app"].map((file): [string[], number, string] => [
      ["app", `--log=${file}`],
      2,
      `--log=${file} would write into a module. Name a file for the log, such as --log=access.log`,
    ]),
    [
      ["--log", "requests", "app.mjs"],
      2,
      "scgi serve takes one module, and a log is --log=requests. See `scgi serve --help`",
    ],
  ];
  test("says in one line what cannot be, and changes no file", async () => {
    const folder = folderOf({ "app.mjs": HELLO, "app": HELLO, "other.ts": HELLO });
    // The system's errors on each runtime, the others on one.
    const some = runtime === "bun" ? refused : refused.slice(0, OPENING);
    await Promise.all(some.map(async ([words, status, says]) => {
      const child = runIn(folder, runtime, "serve", "--port=0", ...words);
      expect([words, await child.exited, child.stderr]).toEqual([words, status, `scgi: ${says}\n`]);
    }));
    for (const name of ["app.mjs", "app", "other.ts"]) {
      expect(readFileSync(join(folder, name), "utf8")).toBe(HELLO);
    }
    expect(existsSync(join(folder, "requests"))).toBe(false);
  });
});

const rotate = async () => {
  const { child, folder, at } = await started("bun", ["serve", "app.mjs", "--log=access.log"]);
  await ask(at, "/1");
  const log = join(folder, "access.log");
  await eventually(() => readFileSync(log, "utf8"), (text) => text !== "");
  const document = readFileSync(join(import.meta.dirname, "../../examples/systemd/app.logrotate"));
  const lines = document.toString().replace("/var/log/app/access.log", log)
    .replace(
      "systemctl kill --kill-whom=main --signal=USR1 app.service",
      `kill -USR1 ${child.pid}`,
    );
  expect(lines).toContain(`kill -USR1 ${child.pid}`);
  const file = join(folder, "logrotate.conf");
  writeFileSync(file, lines, { mode: 0o644 });
  const state = join(folder, "state");
  const { status, stderr } = spawnSync(requireTool("logrotate"), ["--force", "-s", state, file]);
  expect([status, stderr.toString()]).toEqual([0, ""]);
  await eventually(() => existsSync(log), Boolean);
  await ask(at, "/2");
  expect(await child.stop()).toBe(0);
  expect(readFileSync(`${log}.1`, "utf8")).toMatch(/GET \/1 .*\n$/);
  expect(readFileSync(log, "utf8")).toMatch(/^.*GET \/2 .*\n$/);
};
describeWith("logrotate", "a log", () => {
  test("is rotated by the lines of examples/systemd", rotate);
});
