/** `scgi fetch` of a module: one request to its app, with no server. */

import { describe, expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { listen } from "../../../src/runtime/sockets/listen.ts";
import { temporaryFolder } from "../../support/address.ts";
import { forNode } from "../../support/node.ts";
import { runtimes, spawnScript } from "../../support/server.ts";
import { folderOf, HELLO, runIn } from "../folder.ts";

describe.each([...runtimes])("scgi fetch of a module (%s)", (runtime) => {
  const run = async (...words: string[]) => {
    // The name of a script is that of its built one on Node, and stays a path.
    const module = "test/cli/commands/fetched/app.ts";
    const path = runtime === "node" ? forNode(module) : `./${module}`;
    const child = spawnScript(runtime, ["src/cli.ts", "fetch", path, ...words]);
    return { status: await child.exited, stdout: child.stdout, stderr: child.stderr };
  };

  test("sends what its flags say, and ends though the app holds the process", async () => {
    const flags = ["-X", "PUT", "-H", "X-Own: é", "-d", "a=1", "--env", "REMOTE_USER=ada"];
    const { status, stdout, stderr } = await run("http://example.com/a?b", ...flags);
    expect([status, stderr]).toEqual([0, ""]);
    expect(JSON.parse(stdout)).toEqual({
      method: "PUT",
      url: "http://example.com/a?b",
      fields: {
        "content-length": "3",
        "content-type": "application/x-www-form-urlencoded",
        host: "example.com",
        "x-own": "\xc3\xa9",
      },
      env: { REMOTE_USER: "ada", SERVER_SOFTWARE: "scgi" },
      body: "a=1",
    });
  });

  test("prints the head with -i, and a Response that the module made as it was loaded", async () => {
    const { status, stdout } = await run("/made", "-i");
    const type = `text/plain;charset=${runtime === "bun" ? "utf-8" : "UTF-8"}`;
    expect([status, stdout]).toEqual([
      0,
      `HTTP/1.1 200 OK\r\ncontent-length: 18\r\ncontent-type: ${type}\r\n\r\nmade at the start\n`,
    ]);
  });

  test("prints a stream whole, and with --raw what a web server would get", async () => {
    const [plain, raw] = await Promise.all([run("/stream"), run("/stream", "--raw")]);
    expect(plain.stdout).toBe("first\nsecond\n");
    expect(raw.stdout).toMatch(
      /^Status: 200 OK\r\n(?:[^\r\n]+\r\n)*\r\nfirst\nsecond\n$/,
    );
  });

  test("waits for the work that the app does after its response", async () => {
    expect(await run("/work")).toEqual({
      status: 0,
      stdout: "hello\n",
      stderr: "the work is done\n",
    });
  });

  test("says what the handler threw, and exits as for the response of a server", async () => {
    const [{ status, stdout, stderr }, failed, late] = await Promise.all([
      run("/throw"),
      run("/missing", "--fail"),
      run("/never", "-m", "0.2"),
    ]);
    expect([status, stdout]).toEqual([0, "Internal Server Error\n"]);
    expect(stderr).toContain("it fails");
    expect(failed).toEqual({
      status: 22,
      stdout: "",
      stderr: "scgi: The server answered 404 Not Found\n",
    });
    expect([late.status, late.stderr]).toEqual([
      1,
      "scgi: The response was not complete within 0.2 s\n",
    ]);
  });
});

describe("the first argument of scgi fetch", () => {
  const folder = folderOf({ "app.mjs": HELLO, "no-extension": "export const a = 1;\n" });
  mkdirSync(join(folder, "sources"));
  const run = async (...words: string[]) => {
    const child = runIn(folder, "bun", "fetch", ...words);
    return { status: await child.exited, stdout: child.stdout, stderr: child.stderr };
  };

  test("is a module where it ends as one, or is the path of a file", async () => {
    const hello = { status: 0, stdout: "Hello\n", stderr: "" };
    const words = ["app.mjs", "./app.mjs", join(folder, "app.mjs")];
    expect(await Promise.all(words.map((word) => run(word, "/")))).toEqual([hello, hello, hello]);
  });

  test.each([...runtimes])("may be one whose app never responds (%s)", async (runtime) => {
    const folder = folderOf({ "app.mjs": "export default () => new Promise(() => {});\n" });
    const child = runIn(folder, runtime, "fetch", "app.mjs", "/");
    expect(await child.exited).toBe(1);
    expect([child.stdout, child.stderr]).toEqual([
      "",
      "scgi: The app does not respond: it awaits something that never happens\n",
    ]);
  });

  test("is told to be missing, a folder, or no app, in one line", async () => {
    const cases: [word: string, says: string][] = [
      ["./ap.mjs", "The module ./ap.mjs was not found. Did you mean app.mjs?"],
      ["app.ts", "The module app.ts was not found. Did you mean app.mjs?"],
      ["./sources", "./sources is a folder. Name the file of your app in it"],
      ["./no-extension", "./no-extension must export a handler"],
    ];
    await Promise.all(cases.map(async ([word, says]) => {
      const { status, stdout, stderr } = await run(word, "/");
      expect([status, stdout]).toEqual([1, ""]);
      expect(stderr).toMatch(/^scgi: [^\n]+\n$/);
      expect(stderr).toContain(says);
    }));
  });

  test("is an address that lacks its unix: where a socket is there, or would be", async () => {
    const sockets = temporaryFolder();
    const path = join(sockets, "app");
    const listener = await listen({ unix: path, mode: 0o600 }, {
      reusePort: false,
      takeOver: false,
    }, (socket) => {
      socket.abort();
      return { data: () => false, end() {}, drain() {}, close() {} };
    });
    writeFileSync(join(sockets, "file"), "");
    try {
      for (const word of [path, "/nowhere/app.sock", "./app.sock"]) {
        const { status, stderr } = await run(word, "/");
        expect(status).toBe(2);
        expect(stderr).toContain(`Write unix: before it, as in unix:${word}`);
      }
    } finally {
      await listener.close();
    }
  });
});
