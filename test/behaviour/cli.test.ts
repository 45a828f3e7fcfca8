/** The `scgi` command: what it takes, what it refuses, and what it inherits. */

import { describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { freePort, reserved, temporaryFolder } from "../support/address.ts";
import { nodeSharesPorts } from "../support/node.ts";
import { runtimes, spawnScript, startScript } from "../support/server.ts";
import { ask } from "./client.ts";

const APP = "test/behaviour/app.ts";
const ENV = "test/behaviour/scripts/env.ts";

describe.each(runtimes.map((runtime) => ({ runtime })))("scgi ($runtime)", ({ runtime }) => {
  const cli = (...words: string[]) => spawnScript(runtime, ["src/cli.ts", ...words]);
  const env = async (address: string) =>
    (await ask(address, "/")).json() as Record<string, unknown>;

  describe("exits with 1 and one line that says what to do", () => {
    const cases: [what: string, says: RegExp, words: () => string[] | Promise<string[]>][] = [
      ["a missing module", /missing\.ts/, () => ["missing.ts"]],
      [
        "a module without a handler",
        /must export a handler/,
        () => ["test/behaviour/scripts/no-handler.ts"],
      ],
      [
        "a module without exports",
        /must export a handler/,
        () => ["test/behaviour/scripts/no-default.ts"],
      ],
      [
        "an address of another machine",
        /192\.0\.2\.1:4000/,
        () => [APP, "--listen", "192.0.2.1:4000"],
      ],
      ["no socket at fd 9", /fd:9/, () => [APP, "--listen", "fd:9"]],
      ["a folder that is missing", /folder/, () => [APP, "--unix", "/nowhere/app.sock"]],
      ["a plain file", /not a socket/, () => {
        const path = join(temporaryFolder(), "file");
        writeFileSync(path, "");
        return [APP, "--unix", path];
      }],
    ];
    test.each(cases)("for %s", async (_, says, words) => {
      const child = cli("serve", ...await words());
      expect(await child.exited).toBe(1);
      expect(child.stderr).toMatch(/^scgi: [^\n]+\n$/);
      expect(child.stderr).toMatch(says);
      expect(child.stdout).toBe("");
    });

    test("for a busy port", async () => {
      const listen = `127.0.0.1:${await freePort()}`;
      await using _first = await startScript(runtime, [
        "src/cli.ts",
        "serve",
        APP,
        "--listen",
        listen,
      ]);
      const child = cli("serve", APP, "--listen", listen);
      expect(await child.exited).toBe(1);
      expect(child.stderr).toMatch(/^scgi: [^\n]+\n$/);
      expect(child.stderr).toContain(listen);
      expect((await ask(listen, "/hello")).text).toBe("Hello\n");
    });

    test("for a module that exports a port that is none", async () => {
      const words = ["src/cli.ts", "serve", ENV];
      const child = spawnScript(runtime, words, { env: { OWN_PORT: "70000" } });
      expect(await child.exited).toBe(1);
      expect(child.stderr).toMatch(/^scgi: [^\n]*70000[^\n]*\n$/);
    });
  });

  test("exits with 1 and the error for a module that fails while it loads", async () => {
    const child = cli("serve", "test/behaviour/scripts/throws.ts");
    expect(await child.exited).toBe(1);
    expect(child.stderr).toContain("this module does not load");
  });

  test.each([
    [[]],
    [["fly"]],
    [["serve", APP, APP]],
    [["serve", APP, "--wings"]],
    [["serve", APP, "--port"]],
    [["serve", APP, "--port", "http"]],
    [["serve", APP, "--port", "-1"]],
    [["serve", APP, "--mode", "rw"]],
    [["serve", APP, "--mode", "999"]],
    [["serve", APP, "--head-timeout", "1s"]],
    [["serve", APP, "--binding", "=value"]],
    [["serve", APP, "--binding", "NOT_IN_THE_ENVIRONMENT"]],
    [["serve", APP, "--reuse-port=yes"]],
  ])("exits with 2 and one line for a wrong command line: %j", async (words) => {
    const child = cli(...words);
    expect(await child.exited).toBe(2);
    expect(child.stderr).toMatch(/^scgi: [^\n]+\n$/);
    expect(child.stdout).toBe("");
  });

  test("prints its help and its version", async () => {
    for (const word of ["--help", "-h", "help"]) {
      const child = cli(word);
      expect([await child.exited, child.stderr]).toEqual([0, ""]);
      expect(child.stdout).toContain("scgi serve [MODULE]");
    }
    for (const word of ["--version", "-v"]) {
      const child = cli(word);
      expect(await child.exited).toBe(0);
      expect(child.stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    }
  });

  test("gives bindings to the handler, from the command line and from the environment", async () => {
    const listen = `127.0.0.1:${await freePort()}`;
    const bindings = ["A=1", "B=x=y", "C=", "FROM_OUTSIDE", "REMOTE_ADDR=bound"];
    const words = bindings.flatMap((binding) => ["--binding", binding]);
    await using _server = await startScript(
      runtime,
      ["src/cli.ts", "serve", ENV, "--listen", listen, ...words],
      { env: { FROM_OUTSIDE: "outside" } },
    );
    expect(await env(listen)).toMatchObject({
      A: "1",
      B: "x=y",
      C: "",
      FROM_OUTSIDE: "outside",
      REMOTE_ADDR: "bound",
    });
  });

  test("listens where the module says", async () => {
    const port = await freePort();
    await using _server = await startScript(runtime, ["src/cli.ts", "serve", ENV], {
      env: { OWN_PORT: String(port) },
    });
    expect(await env(`127.0.0.1:${port}`)).toHaveProperty("pid");
    const path = join(temporaryFolder(), "own.sock");
    await using _other = await startScript(runtime, ["src/cli.ts", "serve", ENV], {
      env: { OWN_UNIX: path },
    });
    expect(await env(`unix:${path}`)).toHaveProperty("pid");
  });

  test("listens where the flags say rather than where the module does", async () => {
    const [own, flag] = [await freePort(), await freePort()];
    await using server = await startScript(
      runtime,
      ["src/cli.ts", "serve", ENV, "--port", String(flag)],
      { env: { OWN_PORT: String(own) } },
    );
    expect(server.stdout()).toBe(`Listening on 127.0.0.1:${flag} (SCGI)\n`);
    expect(await env(`127.0.0.1:${flag}`)).toHaveProperty("pid");
  });

  test("listens at every --listen, in each of its forms", async () => {
    const [one, two, three] = [await freePort(), await freePort(), await freePort()];
    const unix = `unix:${join(temporaryFolder(), "app.sock")}`;
    const listen = [String(one), `localhost:${two}`, `[::1]:${three}`, unix];
    const words = listen.flatMap((address) => ["--listen", address]);
    await using server = await startScript(runtime, [
      "src/cli.ts",
      "serve",
      "test/behaviour/scripts/function.ts",
      ...words,
    ]);
    for (const address of [`127.0.0.1:${one}`, unix]) {
      expect((await ask(address, "/")).text).toBe("from a function\n");
    }
    expect(server.stdout().match(/^Listening on .* \(SCGI\)$/gm)).toHaveLength(4);
  });

  test("shares a port with --reuse-port, where the runtime can", async () => {
    const listen = `127.0.0.1:${await freePort()}`;
    const words = ["src/cli.ts", "serve", ENV, "--listen", listen, "--reuse-port"];
    if (runtime === "node" && !nodeSharesPorts()) {
      const child = spawnScript(runtime, words);
      expect(await child.exited).toBe(1);
      expect(child.stderr).toMatch(/^scgi: Cannot listen on [^\n]*share a port[^\n]*--workers\n$/);
      return;
    }
    await using one = await startScript(runtime, words);
    await using two = await startScript(runtime, words);
    const pids = new Set<unknown>();
    for (let turn = 0; turn < 200; turn++) pids.add((await env(listen)).pid);
    expect(pids).toEqual(new Set([one.pid, two.pid]));
  });

  test("makes up no socket where it inherits none", async () => {
    const child = cli("serve", APP, "--listen", "fd:3");
    expect(await child.exited).toBe(1);
    expect(child.stderr).toMatch(/^scgi: [^\n]*fd:3[^\n]*\n$/);
  });

  test("runs examples/hello as it says", async () => {
    using _port = await reserved(4000);
    const child = spawnScript(runtime, ["examples/hello/scgi.ts"], {
      permissions: ["--allow-net=127.0.0.1:4000"],
    });
    try {
      await child.until(() => child.stdout.startsWith("Listening on "), "it listened");
      expect((await ask("127.0.0.1:4000", "/there")).text).toContain("Hello");
      expect(child.stderr).toBe("");
    } finally {
      child.kill("SIGKILL");
      await child.exited;
    }
  });
});

test("scgi serve tells of a binding that Deno may not read", async () => {
  const child = spawnScript("deno", ["src/cli.ts", "serve", APP, "--binding", "HOME"], {
    permissions: ["--allow-read", "--allow-net", "--allow-env=SCGI_WORKER"],
  });
  expect([await child.exited, child.stderr]).toEqual([
    2,
    "scgi: --binding HOME needs a value: the environment variable HOME is not set, " +
    "or may not be read. Set it, or give --binding HOME=VALUE\n",
  ]);
});

describe("Deno's permissions for a Unix socket", () => {
  const script = "test/behaviour/scripts/listen.ts";

  /** The least flags that examples/systemd names. */
  function flags(path: string): Record<"net" | "read" | "write", string[]> {
    const folder = [dirname(path)];
    return { net: [`unix:${path}`, `unix:${path}.tmp`], read: folder, write: folder };
  }

  function toArguments(granted: ReturnType<typeof flags>): string[] {
    return Object.entries(granted).map(([kind, names]) => `--allow-${kind}=${names.join()}`);
  }

  /** Listens twice: at a free path, and at a stale socket. */
  async function listens(
    path: string,
    permissions: string[],
    group: string[] = [],
  ): Promise<boolean> {
    for (let turn = 0; turn < 2; turn++) {
      const child = spawnScript("deno", [script, `unix:${path}`, ...group], { permissions });
      try {
        await child.until(() => child.stdout !== "", "it listened");
        expect((await ask(`unix:${path}`, "/")).text).toBe("Hello\n");
      } catch {
        return false;
      } finally {
        child.kill("SIGKILL");
        await child.exited;
      }
    }
    return true;
  }

  test("are net for the path and its temporary name, read and write for its folder", async () => {
    const path = join(temporaryFolder(), "app.sock");
    expect(await listens(path, toArguments(flags(path)))).toBe(true);
  });

  test("may name no folder, but both names, where the umask may be set", async () => {
    const path = join(temporaryFolder(), "app.sock");
    const both = [path, `${path}.tmp`];
    const granted = toArguments({ ...flags(path), read: both, write: both });
    expect(await listens(path, granted)).toBe(false);
    expect(await listens(path, [...granted, "--allow-sys"])).toBe(true);
  });

  test.each(["net", "read", "write"] as const)("are each needed (%s)", async (kind) => {
    for (const missing of [0, 1]) {
      const path = join(temporaryFolder(), "app.sock");
      const granted = flags(path);
      if (kind !== "net") granted[kind] = [path, `${path}.tmp`];
      granted[kind].splice(missing, 1);
      expect(await listens(path, [...toArguments(granted), "--allow-sys"])).toBe(false);
    }
  });

  test("want /etc/group for a group by name", async () => {
    const path = join(temporaryFolder(), "app.sock");
    const granted = flags(path);
    granted.read = [...granted.read, "/etc/group"];
    const group = process.getuid!() === 0 ? ["daemon"] : [];
    expect(await listens(path, toArguments(granted), group)).toBe(true);
  });
});
