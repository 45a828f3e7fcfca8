/** The `scgi run` command: what it takes and refuses, what the script is given, and how it ends. */

import { describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import process from "node:process";
import { SAME_SIGNAL_MS } from "../../../src/cli/deadlines.ts";
import { ask, head, Peer } from "../../behaviour/client.ts";
import { command, Parent, places } from "../../behaviour/inherited/parent.ts";
import { freePort, removeFolder, temporaryFolder } from "../../support/address.ts";
import type { Child } from "../../support/child.ts";
import { eventually } from "../../support/eventually.ts";
import {
  type Runtime,
  type ScriptOptions,
  type ServerProcess,
  servingRuntimes,
  spawnScript,
  startScript,
} from "../../support/server.ts";
import type { Seen } from "./scripts/server.ts";

const SCRIPT = "test/cli/commands/scripts/server.ts";
const FAILS = "test/cli/commands/scripts/fails.ts";
const EXPORTS = "test/cli/commands/scripts/default-export.ts";

const words = (...rest: string[]) => ["src/cli.ts", "run", ...rest];
const hello = async (address: string) => (await ask(address, "/")).text;
const tcp = async () => `127.0.0.1:${await freePort()}`;
const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

function start(runtime: Runtime, ...rest: string[]): Promise<ServerProcess> {
  return startScript(runtime, words(...rest));
}

/** A Unix socket in a folder of its own. */
function unix(): { address: string; path: string; folder: string } & Disposable {
  const folder = temporaryFolder();
  const path = join(folder, "app.sock");
  return {
    address: `unix:${path}`,
    path,
    folder,
    [Symbol.dispose]: () => removeFolder(folder),
  };
}

/** Sends a request whose handler is at work when this resolves. */
async function begin(address: string, target: string): Promise<Peer> {
  const peer = await Peer.open(address);
  await peer.send(head(target));
  await peer.until("first\n");
  return peer;
}

/** Opens a connection that is ended without a reply, and without the script, once it is read. */
async function withoutRequest(address: string): Promise<Peer> {
  const peer = await Peer.open(address);
  peer.finish();
  return peer;
}

describe.each(servingRuntimes)("scgi run (%s)", (runtime) => {
  const run = (...rest: string[]) => spawnScript(runtime, words(...rest));

  /** Waits for a command's end, and expects one line of it. */
  async function refused(child: Child, status: number): Promise<string> {
    expect([await child.exited, child.stdout]).toEqual([status, ""]);
    expect(child.stderr).toMatch(/^scgi: [^\n]+\n$/);
    return child.stderr;
  }

  describe("refuses", () => {
    test.each([
      [[]],
      [["--wings", SCRIPT]],
      [["--binding", "A=1", SCRIPT]],
      [["--mode", "rw", SCRIPT]],
      [["--port", "http", SCRIPT]],
      [["--head-timeout", "1s", SCRIPT]],
      [["--reuse-port=yes", SCRIPT]],
      [["--listen", "127.0.0.1:0", "--http", "unix:/tmp/x", SCRIPT, "hello"]],
      [["--listen"]],
      [["--listen", "127.0.0.1:0", "--"]],
    ])("a wrong command line, with 2 and one line: %j", async (rest) => {
      await refused(run(...rest), 2);
    });

    const cases: [what: string, says: RegExp, flags: string[], file?: string][] = [
      ["a missing file", /missing\.ts/, [], "missing.ts"],
      ["a folder", /: test is not a file/, [], "test"],
      ["an address of another machine", /192\.0\.2\.1:4000/, ["--listen", "192.0.2.1:4000"]],
      ["a descriptor that is no socket", /fd:3/, ["--listen", "fd:3"]],
      ["a folder that is missing", /folder/, ["--unix", "/nowhere/app.sock"]],
    ];
    test.each(cases)("%s, with 1 and one line", async (_, says, flags, file = SCRIPT) => {
      expect(await refused(run(...flags, file, "hello"), 1)).toMatch(says);
    });

    test("a busy port, with 1 and one line, and keeps none of its other addresses", async () => {
      using at = unix();
      const listen = await tcp();
      await using _first = await start(runtime, "--listen", listen, SCRIPT, "hello");
      const child = run("--listen", at.address, "--listen", listen, SCRIPT, "two");
      expect(await refused(child, 1)).toContain(listen);
      expect(readdirSync(at.folder)).toEqual([]);
      expect(await hello(listen)).toBe("Hello\n");
    });

    test("a busy port for its HTTP front, with 1 and one line, and keeps no address", async () => {
      using at = unix();
      const occupied = createServer();
      await new Promise<void>((resolve) => occupied.listen(0, "127.0.0.1", resolve));
      try {
        const { port } = occupied.address() as { port: number };
        const child = run("--listen", at.address, "--http", String(port), SCRIPT, "hello");
        expect(await refused(child, 1)).toContain(`127.0.0.1:${port}`);
        expect(readdirSync(at.folder)).toEqual([]);
      } finally {
        occupied.close();
      }
    });
  });

  test("names the system's error where the script cannot be run, with 1 and one line", async () => {
    // In JSON, for the script, each quotation mark takes two bytes.
    const said = await refused(run("--strip-prefix", `/${'"'.repeat(70_000)}`, SCRIPT), 1);
    expect(said).toStartWith(`scgi: ${SCRIPT} cannot be run: `);
    expect(said).toEndWith(
      "could not be executed: E2BIG, the command line or the environment is too long. " +
        "Shorten it\n",
    );
  });

  test("names each error of execve(2)", async () => {
    const child = spawnScript(runtime, ["test/cli/commands/scripts/exec.ts"]);
    expect([await child.exited, child.stderr]).toEqual([0, ""]);
    expect(child.stdout).toBe(
      "/nowhere/program could not be executed: " +
        "ENOENT, the file does not exist. Install it again\n" +
        "/etc could not be executed: EACCES, this user may not execute it. Change its mode\n" +
        "/etc/passwd/program could not be executed: ENOTDIR, see execve(2)\n" +
        "/bin/true could not be executed: " +
        "E2BIG, the command line or the environment is too long. Shorten it\n",
    );
  });

  test("ends a script that serves nothing with 1 and a line that says so", async () => {
    using at = unix();
    const said = await refused(run("--listen", at.address, SCRIPT, "nothing"), 1);
    expect(said).toContain(`${SCRIPT} did not start a server`);
    expect(said).toContain(runtime === "bun" ? "Bun.serve" : "Deno.serve");
    expect(readdirSync(at.folder)).toEqual([]);
  });

  test("shows what the runtime says of a syntax error, and exits with 1", async () => {
    const file = join(temporaryFolder(), "broken.ts");
    writeFileSync(file, "const broken = ;\n");
    const child = run("--port", "0", file);
    expect([await child.exited, child.stdout]).toEqual([1, ""]);
    expect(child.stderr).toContain(
      runtime === "bun" ? "error: Unexpected ;" : "error: SyntaxError: Expression expected",
    );
    expect(child.stderr).toContain(`${file}:1`);
    expect(child.stderr).not.toContain("scgi:");
  });

  describe("shows what the runtime says of a script that fails, and exits with 1", () => {
    test.each([
      ["at once", [FAILS], false],
      ["once it has served", [FAILS, "serve"], true],
      ["in its first turn", [SCRIPT, "fails"], false],
      ["after an await", [SCRIPT, "fails-later"], false],
      ["in its first turn, once it has served", [SCRIPT, "serves-and-fails"], true],
      ["after an await, once it has served", [SCRIPT, "serves-and-fails-later"], true],
    ])("%s", async (_, script, serves) => {
      const child = run("--port", "0", ...script);
      expect([await child.exited, child.stdout]).toEqual([1, ""]);
      const says = runtime === "bun" ? "" : "Uncaught (in promise) Error: ";
      expect(child.stderr.match(/^error: .*$/gm)).toEqual([`error: ${says}this script fails`]);
      expect(child.stderr).not.toContain("scgi:");
      expect(child.stderr.includes("Listening on ")).toBe(serves);
    });
  });

  test("leaves no socket where a script fails", async () => {
    const path = join(temporaryFolder(), "app.sock");
    const child = run("--listen", `unix:${path}`, SCRIPT, "serves-and-fails-later");
    expect(await child.exited).toBe(1);
    expect([existsSync(path), existsSync(`${path}.tmp`)]).toEqual([false, false]);
  });

  const globals = runtime === "deno" ? ["process", "Deno"] : ["process"];
  test.each(globals)("leaves no socket where a script ends by %s.exit", async (global) => {
    using at = unix();
    const script = join(at.folder, "ends.mjs");
    const serve = runtime === "deno" ? "Deno.serve(hello)" : "Bun.serve({ fetch: hello })";
    writeFileSync(
      script,
      `const hello = () => new Response("Hello\\n");
      ${serve};
      process.once("SIGUSR2", () => ${global}.exit(7));`,
    );
    const server = await start(runtime, "--listen", at.address, script);
    expect(await hello(at.address)).toBe("Hello\n");
    server.kill("SIGUSR2");
    expect(await server.exited).toBe(7);
    expect(existsSync(at.path)).toBe(false);
  });

  test("serves the default export of a script that starts no server", async () => {
    const listen = await tcp();
    await using server = await start(runtime, "--listen", listen, EXPORTS);
    expect((await ask(listen, "/")).text).toBe("exported\n");
    expect(listening(server.stderr())).toBe(1);
  });

  describe("serves two servers of a script", () => {
    test("each at its own --listen, in their order", async () => {
      using at = unix();
      const listen = ["127.0.0.1:0", at.address];
      const flags = listen.flatMap((address) => ["--listen", address]);
      await using server = await start(runtime, ...flags, SCRIPT, "two");
      await eventually(server.stderr, (text) => text.includes(at.address));
      const [, port] = /^Listening on 127\.0\.0\.1:(\d+) \(SCGI\)\n/.exec(server.stderr())!;
      expect(server.stderr()).toBe(
        `Listening on 127.0.0.1:${port} (SCGI)\nListening on ${at.address} (SCGI)\n`,
      );
      expect(await hello(`127.0.0.1:${port}`)).toBe("one\n");
      expect(await hello(at.address)).toBe("two\n");
    });

    test("and says what is missing where it has too few addresses", async () => {
      const child = run("--listen", "127.0.0.1:0", SCRIPT, "two");
      expect([await child.exited, child.stdout]).toEqual([1, ""]);
      expect(child.stderr).toContain(
        "The script starts 2 servers, but scgi run listens at one address. " +
          "Give --listen once for each server",
      );
    });
  });

  describe("gives the script", () => {
    test("the process that was started, its own arguments and environment, and stdout", async () => {
      const listen = await tcp();
      const args = ["--listen", "nowhere", "", "--", "--wings", "grün", "a b"];
      await using server = await start(runtime, "--listen", listen, SCRIPT, "hello", ...args);
      const seen = (await ask(listen, "/seen")).json() as Seen;
      expect(seen).toEqual({ pid: server.pid, args, variables: [] });
      await server.stop();
      expect(server.stdout()).toBe("");
      const note = `scgi: --listen after ${SCRIPT} is an argument of the script. ` +
        "A flag of scgi run stands before it\n";
      const lines = `Listening on ${listen} (SCGI)\nStopping on SIGTERM\n`;
      expect(server.stderr()).toBe(note + lines);
    });

    test("a stderr that has every line from before, also where its reader was slow", () => {
      const [program = "", ...rest] = command(
        runtime,
        words("--port", "0", SCRIPT, "copy", "--listen", "x"),
      );
      // The pipe is full until its reader begins.
      const line =
        '{ head -c 65536 /dev/zero >&2; exec "$0" "$@"; } 2>&1 <&- | { sleep 0.3; cat; }';
      const { stdout } = spawnSync("sh", ["-c", line, program, ...rest], {
        cwd: process.cwd(),
        encoding: "utf8",
      });
      expect(stdout.replaceAll("\0", ""))
        .toContain(`scgi: --listen after ${SCRIPT} is an argument of the script.`);
    });

    test("stdin", () => {
      const [program = "", ...rest] = command(runtime, words("--port", "0", SCRIPT, "copy"));
      const input = "a line\nand another\n";
      const { status, stdout } = spawnSync(program, rest, {
        input,
        cwd: process.cwd(),
        encoding: "utf8",
      });
      expect([status, stdout]).toEqual([0, input]);
    });
  });

  test("lets requests wait that come before the script serves", async () => {
    using at = unix();
    const file = join(at.folder, "now");
    const child = run("--listen", at.address, SCRIPT, "wait-for", file);
    try {
      await child.until(() => child.stdout === "waiting\n", "it waited");
      const peers = await Promise.all([1, 2, 3].map(() => Peer.open(at.address)));
      for (const peer of peers) await peer.send(head("/"));
      const later = await withoutRequest(at.address);
      const ends = [...peers, later].map(({ ended }, index) => ended.then(() => index));
      expect(await Promise.race(ends)).toBe(peers.length);
      expect([child.stderr, ...peers.map(({ count }) => count)]).toEqual(["", 0, 0, 0]);
      writeFileSync(file, "");
      for (const peer of peers) expect((await peer.reply()).text).toBe("Hello\n");
      await child.until(() => child.stderr !== "", "it said that it listens");
      expect(child.stderr).toBe(`Listening on ${at.address} (SCGI)\n`);
    } finally {
      expect(await child.stop()).toBe(0);
    }
  });

  test("opens an HTTP front with --http, and says where", async () => {
    const [listen, port] = [await tcp(), await freePort()];
    const flags = ["--listen", listen, "--http", String(port)];
    await using server = await start(runtime, ...flags, SCRIPT, "hello");
    await eventually(server.stderr, (text) => text.includes("Open "));
    const url = `http://127.0.0.1:${port}/`;
    expect(server.stderr()).toBe(`Listening on ${listen} (SCGI)\nOpen ${url}\n`);
    const response = await fetch(url);
    expect([response.status, await response.text()]).toEqual([200, "Hello\n"]);
    expect(await hello(listen)).toBe("Hello\n");
    await server.stop();
    expect(server.stdout()).toBe("");
  });

  test("reports a rejection that nobody handles, and serves on", async () => {
    const listen = await tcp();
    await using server = await start(runtime, "--listen", listen, SCRIPT, "hello");
    for (let turn = 1; turn <= 2; turn++) {
      expect(await hello(listen)).toBe("Hello\n");
      expect((await ask(listen, "/unhandled")).text).toBe("Hello\n");
      await eventually(
        () => server.stderr().match(/^scgi: unhandled rejection: /gm),
        (reports) => reports?.length === turn,
      );
      expect(server.stderr().match(/^.*Error: nobody handles this$/gim)).toHaveLength(turn);
    }
  });

  test("lets the script end after server.unref()", async () => {
    const child = run("--listen", "127.0.0.1:0", SCRIPT, "unref");
    expect([await child.exited, child.stdout]).toEqual([0, ""]);
    expect(child.stderr).toMatch(/^Listening on [^\n]+\n$/);
  });

  describe("at a signal", () => {
    test.each(["SIGTERM", "SIGINT", "SIGHUP"] as const)(
      "(%s) finishes what is under way, and exits with 0",
      async (signal) => {
        using at = unix();
        await using server = await start(runtime, "--listen", at.address, SCRIPT, "hello");
        const late = await begin(at.address, "/late");
        server.kill(signal);
        await eventually(() => existsSync(at.path), (exists) => !exists);
        expect((await late.reply()).text).toBe("first\nlast\n");
        expect(await server.exited).toBe(0);
        expect(readdirSync(at.folder)).toEqual([]);
        expect([server.stdout(), server.stderr()]).toEqual([
          "",
          `Listening on ${at.address} (SCGI)\nStopping on ${signal}\n`,
        ]);
      },
    );

    test("exits with 1 when a second one comes, and waits for nothing", async () => {
      const listen = await tcp();
      const patient = ["--listen", listen, "--shutdown-timeout", "600000"];
      const server = await start(runtime, ...patient, SCRIPT, "hello");
      const peer = await begin(listen, "/endless");
      server.kill("SIGTERM");
      await eventually(
        () => Peer.open(listen).then((peer) => peer.leave(), () => "refused"),
        Boolean,
      );
      await sleep(2 * SAME_SIGNAL_MS);
      server.kill("SIGTERM");
      expect(await server.exited).toBe(1);
      peer.leave();
    });

    test("lets a script with a handler of its own end itself", async () => {
      const listen = await tcp();
      const server = await start(runtime, "--listen", listen, SCRIPT, "own-signal");
      const late = await begin(listen, "/late");
      server.kill("SIGTERM");
      expect((await late.reply()).text).toBe("first\nlast\n");
      expect(await server.exited).toBe(7);
      expect(server.stdout()).toBe("the script ends\nthe script has ended\n");
    });

    test("lets a module that was loaded before it end the script", async () => {
      using at = unix();
      const first = join(at.folder, "first.mjs");
      const end = 'setTimeout(() => { console.log("ended"); process.exit(7); }, 1500)';
      writeFileSync(first, `process.on("SIGTERM", () => ${end});`);
      const args = ["--preload", first, ...words("--listen", at.address, SCRIPT, "interval")];
      const server = await startScript(runtime, args);
      server.kill("SIGTERM");
      expect(await server.exited).toBe(7);
      expect(server.stdout()).toBe("ended\n");
    });

    test("ends a script that would never end, a second after the drain", async () => {
      const listen = await tcp();
      await using server = await start(runtime, "--listen", listen, SCRIPT, "interval");
      const late = await begin(listen, "/late");
      server.kill("SIGTERM");
      expect((await late.reply()).text).toBe("first\nlast\n");
      expect(await server.exited).toBe(0);
    });

    describe("that comes before the script serves", () => {
      test("exits with 0, and never says that it listens", async () => {
        using at = unix();
        const file = join(at.folder, "now");
        const child = run("--listen", at.address, SCRIPT, "wait-for", file);
        await child.until(() => child.stdout === "waiting\n", "it waited");
        child.kill("SIGTERM");
        await child.until(() => !existsSync(at.path), "it stopped");
        writeFileSync(file, "");
        expect([await child.exited, child.stderr]).toEqual([
          0,
          "Stopping on SIGTERM\n",
        ]);
      });

      test("answers 503 to the requests that wait, and waits no longer", async () => {
        using at = unix();
        const file = join(at.folder, "never");
        const patient = ["--listen", at.address, "--shutdown-timeout", "600000"];
        const child = run(...patient, SCRIPT, "wait-for", file);
        await child.until(() => child.stdout === "waiting\n", "it waited");
        const peer = await Peer.open(at.address);
        await peer.send(head("/"));
        expect(await (await withoutRequest(at.address)).ended).toBe("end");
        expect(await child.stop()).toBe(0);
        expect((await peer.reply()).status).toBe(503);
      });
    });
  });

  describe("serves inherited sockets", () => {
    test("fd:N, which stays the parent's at a stop", async () => {
      using at = await places();
      const program = command(runtime, words("--listen", "fd:3", SCRIPT, "hello"));
      await using parent = new Parent([at.unix.socket], program);
      for (let life = 1; life <= 2; life++) {
        await eventually(() => parent.stderr, (text) => listening(text) === life);
        expect(await hello(at.unix.address)).toBe("Hello\n");
        parent.endProgram();
        expect(await parent.ended(life)).toBe(0);
        expect(statSync(at.unix.path).isSocket()).toBe(true);
        if (life === 1) parent.startProgram();
      }
      expect(parent.stderr).toBe("Listening on fd:3 (SCGI)\nStopping on SIGTERM\n".repeat(2));
    });

    test("all that systemd passes, for one server, with no trace in the environment", async () => {
      using at = await places();
      const program = command(runtime, words("--listen", "systemd", SCRIPT, "hello"));
      await using parent = new Parent([at.tcp.socket, at.unix.socket], program, {
        LISTEN_PID: "own",
        LISTEN_FDS: "2",
        LISTEN_FDNAMES: "one:two",
      });
      await eventually(() => parent.stderr, (text) => listening(text) === 2);
      for (const { address } of [at.tcp, at.unix]) expect(await hello(address)).toBe("Hello\n");
      const { variables } = (await ask(at.tcp.address, "/seen")).json() as Seen;
      expect(variables).toEqual([]);
      parent.endProgram();
      expect(await parent.ended()).toBe(0);
      expect(parent.stderr).toMatch(/^(?:Listening on .+ \(SCGI\)\n){2}Stopping on SIGTERM\n$/);
    });
  });
});

function listening(text: string): number {
  return text.match(/^Listening on .+\n/gm)?.length ?? 0;
}

test("scgi run tells of an address that no server was started for, after 5 s", async () => {
  // Both runtimes at once, as the wait is long.
  await Promise.all(servingRuntimes.map(async (runtime) => {
    const [one, two] = [await tcp(), await tcp()];
    const flags = ["--listen", one, "--listen", two];
    await using server = await start(runtime, ...flags, SCRIPT, "hello");
    await eventually(server.stderr, (text) => text.includes("scgi: "));
    expect(server.stderr()).toBe(
      `Listening on ${one} (SCGI)\n` +
        `scgi: the script has not started a server for ${two} yet; requests to it wait\n`,
    );
    expect(await hello(one)).toBe("Hello\n");
  }));
});

describe("scgi run by hand, with few permissions of Deno", () => {
  const ENV = "--allow-env=SCGI_RUN";
  const NET = "--allow-net=";
  const preload = (...rest: string[]) => ["--preload", "src/cli/preload.ts", ...rest];

  function options(listen: string, ...permissions: string[]): ScriptOptions {
    return { permissions, env: { SCGI_RUN: JSON.stringify(["--listen", listen]) } };
  }

  test("needs its variable and its address, and nothing else", async () => {
    const listen = await tcp();
    const granted = options(listen, ENV, `${NET}${listen}`);
    await using server = await startScript("deno", preload(SCRIPT, "hello"), granted);
    expect(await hello(listen)).toBe("Hello\n");
    await server.stop();
    expect(server.stderr()).toBe(`Listening on ${listen} (SCGI)\nStopping on SIGTERM\n`);
  });

  test("needs no more for a default export", async () => {
    const listen = await tcp();
    const granted = options(listen, ENV, `${NET}${listen}`);
    await using _server = await startScript("deno", preload(EXPORTS), granted);
    expect((await ask(listen, "/")).text).toBe("exported\n");
  });

  test("tells apart without more what fails and what goes on", async () => {
    const listen = await tcp();
    const granted = options(listen, ENV, `${NET}${listen}`);
    const child = spawnScript("deno", preload(SCRIPT, "serves-and-fails-later"), granted);
    expect(await child.exited).toBe(1);
    expect(child.stderr).toMatch(/^error: Uncaught \(in promise\) Error: this script fails$/m);
    await using server = await startScript("deno", preload(SCRIPT, "hello"), granted);
    await ask(listen, "/unhandled");
    await eventually(server.stderr, (text) => text.includes("scgi: unhandled rejection: "));
    expect(await hello(listen)).toBe("Hello\n");
  });

  test("is told of its variable, where it may not be read or says nothing", async () => {
    const listen = await tcp();
    const net = `${NET}${listen}`;
    const unread = spawnScript("deno", preload(SCRIPT, "hello"), options(listen, net));
    expect(await unread.exited).toBe(1);
    expect(unread.stderr).toBe(
      "scgi: The variable SCGI_RUN may not be read. Run Deno with --allow-env=SCGI_RUN\n",
    );
    const wrong = spawnScript("deno", preload(SCRIPT, "hello"), {
      permissions: [ENV, net],
      env: { SCGI_RUN: "--listen" },
    });
    expect(await wrong.exited).toBe(2);
    expect(wrong.stderr).toMatch(
      /^scgi: SCGI_RUN must be a list of words in JSON[^\n]* not --listen\n$/,
    );
  });

  test("says which address it was not permitted", async () => {
    const listen = await tcp();
    const child = spawnScript("deno", preload(SCRIPT, "hello"), options(listen, ENV));
    expect(await child.exited).toBe(1);
    expect(child.stderr).toMatch(/^scgi: [^\n]+\n$/);
    expect(child.stderr).toContain(listen);
    expect(child.stderr).toContain("permission");
  });
});
