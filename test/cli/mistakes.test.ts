/** What a newcomer gets wrong, and the line that says what to do. */

import { describe, expect, test } from "bun:test";
import { mkdirSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { didYouMean } from "../../src/cli/nearest.ts";
import { runtimes } from "../support/server.ts";
import { folderOf, HELLO, runIn } from "./folder.ts";

const REVOKED = "(({ proxy, revoke }) => (revoke(), proxy))(Proxy.revocable({}, {}))";
const GETTERS = "new class extends Error { get message() { throw 1 } get code() { throw 2 } }()";

const folder = folderOf({
  "app.mjs": HELLO,
  "app.ts": HELLO,
  "app.tsx": HELLO,
  "package.mjs": 'import "@nobody/has-this/part"; export default () => {};\n',
  "import.mjs": 'import "./away.mjs"; export default () => {};\n',
  "syntax.mjs": "export default {{\n",
  "throws.mjs": 'throw new Error("the database is away");\n',
});
mkdirSync(join(folder, "folder"));

describe.each(runtimes)("scgi (%s) says in one line what to do", (runtime) => {
  const installer = { bun: "bun add ", deno: "deno add npm:", node: "npm install " }[runtime];
  const HINT = "See `scgi serve --help`";

  const lines: [what: string, words: string[], status: number, says: string][] = [
    [
      "a mistyped command",
      ["sreve", "app.mjs"],
      2,
      '"sreve" is not a command of scgi. Did you mean serve? See `scgi --help`',
    ],
    [
      "a mistyped flag",
      ["serve", "app.mjs", "--listn", "4000"],
      2,
      `--listn is not a flag of scgi serve. Did you mean --listen? ${HINT}`,
    ],
    [
      "a flag with no value at the end",
      ["serve", "app.mjs", "--listen"],
      2,
      `--listen needs a value. ${HINT}`,
    ],
    [
      "a value of a flag that takes none",
      ["serve", "app.mjs", "--quiet=yes"],
      2,
      `--quiet takes no value. ${HINT}`,
    ],
    [
      "a letter that is no flag",
      ["fetch", "-x"],
      2,
      "-x is not a flag of scgi fetch. " +
      "See `scgi fetch --help`",
    ],
    [
      "letters that are no flags",
      ["fetch", "-xz"],
      2,
      "-x is not a flag of scgi fetch. " +
      "See `scgi fetch --help`",
    ],
    [
      "an unknown flag",
      ["serve", "app.mjs", "--wings"],
      2,
      `--wings is not a flag of scgi serve. ${HINT}`,
    ],
    [
      "a flag with no value",
      ["serve", "app.mjs", "--listen", "--log"],
      2,
      `--listen needs a value before the next flag. ${HINT}`,
    ],
    [
      "a binding that is not in the environment",
      ["serve", "app.mjs", "--binding", "NOT_THERE"],
      2,
      "--binding NOT_THERE needs a value: the environment variable NOT_THERE is not set, " +
      "or may not be read. Set it, or give --binding NOT_THERE=VALUE",
    ],
    [
      "a module of another extension",
      ["serve", "app.js"],
      1,
      "The module app.js was not found. Did you mean app.mjs?",
    ],
    [
      "a mistyped module",
      ["serve", "pakage.mjs"],
      1,
      "The module pakage.mjs was not found. Did you mean package.mjs?",
    ],
    [
      "no such module",
      ["serve", "blog.mjs"],
      1,
      "The module blog.mjs was not found. Name the file of your app",
    ],
    [
      "a module in what is a file",
      ["serve", "app.mjs/blog.mjs"],
      1,
      "The module app.mjs/blog.mjs was not found. Name the file of your app",
    ],
    [
      "a socket in what is a file",
      ["serve", "app.mjs", "--listen", "unix:app.ts/s.sock"],
      1,
      "Cannot listen on unix:app.ts/s.sock: its folder is a file",
    ],
    [
      "a socket in a folder that is not there",
      ["serve", "app.mjs", "--listen", "unix:away/s.sock"],
      1,
      "Cannot listen on unix:away/s.sock: its folder does not exist. Make it first",
    ],
    ["a folder", ["serve", "folder"], 1, "folder is a folder. Name the file of your app in it"],
    [
      "a package that is not installed",
      ["serve", "package.mjs"],
      1,
      `package.mjs needs the package @nobody/has-this, which is not installed. Run ${installer}@nobody/has-this`,
    ],
    [
      "an import of what is not there",
      ["serve", "import.mjs"],
      1,
      "import.mjs imports away.mjs, which was not found",
    ],
    [
      "an option of serve() that a flag sets",
      ["serve", "app.mjs", "--port", "0", "--max-connections", "0"],
      2,
      "--max-connections is 0, and must be a whole number from 1 on",
    ],
    [
      "an option of gateway() that a flag sets",
      ["gateway", "4000", "--base-path", "app"],
      2,
      '--base-path is "app", and must begin with a slash',
    ],
    [
      "an address of --http of another machine",
      ["serve", "app.mjs", "--port", "0", "--http", "192.0.2.1:4000"],
      1,
      "The HTTP front cannot listen on 192.0.2.1:4000: this machine has no such address. " +
      "Give --http a port alone",
    ],
    [
      "a host of --http that does not exist",
      ["serve", "app.mjs", "--port", "0", "--http", "nowhere.invalid:4000"],
      1,
      "The HTTP front cannot listen on nowhere.invalid:4000: this machine has no such address. " +
      "Give --http a port alone",
    ],
    [
      "a URL as an address",
      ["serve", "app.mjs", "--listen", "http://127.0.0.1:4000"],
      2,
      "--listen http://127.0.0.1:4000 cannot be used: it is a URL. " +
      "Give HOST:PORT alone, as in 127.0.0.1:4000",
    ],
    [
      "a path as an address",
      ["serve", "app.mjs", "--listen", "./app.sock"],
      2,
      "--listen ./app.sock cannot be used: it is a path. " +
      "Write unix: before it, as in unix:./app.sock",
    ],
    [
      "a mistyped target",
      ["config", "ngnix"],
      2,
      'The target must be one of nginx, lighttpd, apache, cherokee, systemd, not "ngnix". ' +
      "Did you mean nginx?",
    ],
    [
      "watched workers",
      ["serve", "app.mjs", "--watch", "--workers", "2"],
      2,
      "--watch and --workers cannot be given together. Leave one of them out",
    ],
    [
      "a watched socket that is inherited",
      ["serve", "app.mjs", "--watch", "--listen", "fd:0"],
      2,
      "--watch cannot be used with an inherited socket. Give --listen an address",
    ],
    [
      "a watched module that is missing",
      ["serve", "blog.mjs", "--watch"],
      1,
      "The module blog.mjs was not found. Name the file of your app",
    ],
  ];
  test.each(lines)("for %s", async (_, words, status, says) => {
    const child = runIn(folder, runtime, ...words);
    expect([await child.exited, child.stderr]).toEqual([status, `scgi: ${says}\n`]);
    expect(child.stdout).toBe("");
  });

  test("for a port of --http that is another's", async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const { port } = other.address() as { port: number };
    const words = ["serve", "app.mjs", "--listen", "127.0.0.1:0", "--http", String(port)];
    const child = runIn(folder, runtime, ...words);
    expect(await child.exited).toBe(1);
    expect(child.stderr).toBe(
      `scgi: The HTTP front cannot listen on 127.0.0.1:${port}: another program listens there. ` +
        "Stop it, or give --http another port\n",
    );
    other.close();
  });

  test.each([
    ["syntax.mjs", /syntax\.mjs:1/],
    ["throws.mjs", /the database is away/],
  ])("before the error of a module that cannot be loaded: %s", async (name, says) => {
    const child = runIn(folder, runtime, "serve", name);
    expect(await child.exited).toBe(1);
    expect(child.stderr).toStartWith(`scgi: ${name} could not be loaded:\n`);
    expect(child.stderr).toMatch(says);
  });

  test("whatever a module that cannot be loaded has thrown", async () => {
    const thrown = ["undefined", "null", "'text\\x1b[2J'", "Object.create(null)", REVOKED, GETTERS];
    const odd = folderOf(
      Object.fromEntries(thrown.map((value, i) => [`odd${i}.mjs`, `throw ${value};\n`])),
    );
    const children = thrown.map((_, i) => runIn(odd, runtime, "serve", `odd${i}.mjs`));
    for (const [i, child] of children.entries()) {
      expect(await child.exited).toBe(1);
      expect(child.stderr).toMatch(new RegExp(`^scgi: odd${i}\\.mjs could not be loaded:?\n`));
      expect(child.stderr).not.toContain("\x1b");
    }
  });
});

test.skipIf(!runtimes.includes("node"))("Node is told that it takes no JSX", async () => {
  const child = runIn(folder, "node", "serve", "app.tsx", "--listen", "127.0.0.1:0");
  expect([await child.exited, child.stderr]).toEqual([
    1,
    expect.stringMatching(
      /^scgi: Node \S+ cannot load app\.tsx\. Compile it first[^\n]*\n$/,
    ),
  ]);
});

test.skipIf(!runtimes.includes("node"))("Node is told that it runs no servers", async () => {
  const child = runIn(folder, "node", "run", "app.mjs");
  expect([await child.exited, child.stderr]).toEqual([
    1,
    "scgi: scgi run needs Bun or Deno. On Node, export a handler for scgi serve\n",
  ]);
});

test("a question names the nearest word, where one is near", () => {
  const words = ["serve", "run", "config"];
  expect(didYouMean("serv", words)).toBe(". Did you mean serve?");
  expect(didYouMean("ron", words)).toBe(". Did you mean run?");
  expect(didYouMean("cnofig", words)).toBe(". Did you mean config?");
  expect(didYouMean("conf", words)).toBe(". Did you mean config?");
  expect(didYouMean("runs", words)).toBe(". Did you mean run?");
  expect(didYouMean("configuration", words)).toBe(". Did you mean config?");
  expect(didYouMean("--host", ["--port", "--hostname"])).toBe(". Did you mean --hostname?");
  expect(didYouMean("--max", ["--max-headers", "--max-body-bytes"])).toBe("");
  expect(didYouMean("fly", words)).toBe("");
  expect(didYouMean("", words)).toBe("");
});
