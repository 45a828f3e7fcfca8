/** The pages about migrating: each app answers afterwards what it answered before. */

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import before, { type Store } from "../../examples/migrating/worker/before.ts";
import { fetch as askScgi, type ScgiRequestInit } from "../../src/client.ts";
import { answers, freePort } from "../support/address.ts";
import { Child } from "../support/child.ts";
import { eventually } from "../support/eventually.ts";
import { describeWith, requireTool } from "../support/require.ts";
import { type Runtime, type ServerProcess, startScript, startServer } from "../support/server.ts";

const root = join(import.meta.dirname, "../..");
const page = (file: string) => `examples/migrating/${file}`;

/** A request, and what of its reply is the same wherever the app runs. */
type Question = [path: string, init?: RequestInit, compare?: "status"];
type Ask = (path: string, init?: RequestInit) => Promise<Response>;

/** Asks over SCGI as a web server would whose client is on this machine. */
function overScgi(to: string): Ask {
  const env = { REMOTE_ADDR: "127.0.0.1" };
  return (path, init) =>
    askScgi(`http://localhost${path}`, { ...init, to, env } as ScgiRequestInit);
}

/** Runs a script by itself, over HTTP. */
async function overHttp(runtime: Runtime, file: string): Promise<{ ask: Ask; child: Child }> {
  const port = await freePort();
  const words = runtime === "deno" ? ["run", "--allow-net", file] : [file];
  const child = new Child(join(root, "node_modules/.bin", runtime), words, {
    cwd: root,
    env: { PORT: String(port), DENO_SERVE_ADDRESS: `tcp:127.0.0.1:${port}` },
  });
  await child.until(() => answers(port), "it listened");
  return { ask: (path, init) => fetch(`http://127.0.0.1:${port}${path}`, init), child };
}

async function answersTo(questions: Question[], ask: Ask): Promise<unknown[]> {
  const found: unknown[] = [];
  for (const [path, init, compare] of questions) {
    const reply = await ask(path, init);
    const text = await reply.text();
    found.push([path, reply.status, ...(compare === "status" ? [] : [text])]);
  }
  return found;
}

/** Starts a command at a free address, asks, and stops it. */
async function servedBy(
  runtime: Runtime,
  command: string[],
  questions: Question[],
): Promise<unknown[]> {
  const listen = `127.0.0.1:${await freePort()}`;
  const [name, ...words] = command;
  const script = ["src/cli.ts", name!, "--listen", listen, ...words];
  await using _server = await startScript(runtime, script);
  return await answersTo(questions, overScgi(listen));
}

const post = (body: string): RequestInit => ({ method: "POST", body });

describe("the app on Bun.serve", () => {
  const questions: Question[] = [
    ["/"],
    ["/health"],
    ["/count"],
    ["/length", post("abc")],
    ["/length", post("x".repeat(1_000_001)), "status"],
    ["/nothing"],
  ];
  const expected = [
    ["/", 200, "Hello, 127.0.0.1\n"],
    ["/health", 200, "OK\n"],
    ["/count", 200, "data: 1\n\ndata: 2\n\ndata: 3\n\n"],
    ["/length", 200, '{"length":3}'],
    ["/length", 413],
    ["/nothing", 404, "404 Not Found"],
  ];

  test("answers over HTTP", async () => {
    const { ask, child } = await overHttp("bun", page("bun-serve/before.ts"));
    try {
      expect(await answersTo(questions, ask)).toEqual(expected);
    } finally {
      await child.stop();
    }
  });

  test("answers the same by scgi run, unchanged", async () => {
    const command = ["run", page("bun-serve/before.ts")];
    expect(await servedBy("bun", command, questions)).toEqual(expected);
  });

  test.each(["bun", "deno"] as const)("answers the same by scgi serve, on %s", async (runtime) => {
    const command = ["serve", page("bun-serve/after.ts"), "--max-body-bytes", "1000000"];
    expect(await servedBy(runtime, command, questions)).toEqual(expected);
  });
});

describe("the script that calls Deno.serve", () => {
  const questions: Question[] = [["/"], ["/nothing"]];
  const expected = [["/", 200, "Hello, 127.0.0.1\n"], ["/nothing", 404, "Not found\n"]];

  test("answers over HTTP", async () => {
    const { ask, child } = await overHttp("deno", page("deno-serve/before.js"));
    try {
      expect(await answersTo(questions, ask)).toEqual(expected);
      await eventually(() => child.stdout, (text) => text.endsWith("GET /\nGET /nothing\n"));
    } finally {
      await child.stop();
    }
  });

  test("answers the same by scgi run, unchanged", async () => {
    const command = ["run", page("deno-serve/before.js")];
    expect(await servedBy("deno", command, questions)).toEqual(expected);
  });

  test.each(["deno", "bun"] as const)("answers the same by scgi serve, on %s", async (runtime) => {
    const command = ["serve", page("deno-serve/after.ts")];
    expect(await servedBy(runtime, command, questions)).toEqual(expected);
  });
});

describe("the Worker", () => {
  const authorized = { headers: { authorization: "Bearer secret" } };

  test("answers on its platform, of which this is what it uses", async () => {
    const values = new Map<string, string>();
    const VISITS: Store = {
      get: (key) => Promise.resolve(values.get(key) ?? null),
      put: (key, value) => Promise.resolve(void values.set(key, value)),
    };
    const work: Promise<unknown>[] = [];
    const ask: Ask = (path, init) => {
      const request = new Request(`http://localhost${path}`, init);
      Object.assign(request, { cf: { country: "NL" } });
      const ctx = { waitUntil: (promise: Promise<unknown>) => void work.push(promise) };
      return before.fetch(request, { API_TOKEN: "secret", VISITS }, ctx);
    };
    expect(await (await ask("/ada")).text()).toBe("Hello, ada from NL\n");
    await Promise.all(work);
    expect(await (await ask("/visits/ada", authorized)).text()).toBe("1\n");
    expect((await ask("/visits/ada")).status).toBe(401);
  });

  test.each(["bun", "deno"] as const)("answers the same by scgi serve, on %s", async (runtime) => {
    const listen = `127.0.0.1:${await freePort()}`;
    const args = ["--binding", "API_TOKEN=secret"];
    const module = page("worker/after.ts");
    await using _server = await startServer({ runtime, module, listen, args });
    // As the web server would tell it.
    const env = { COUNTRY: "NL" };
    const ask: Ask = (path, init) =>
      askScgi(`http://localhost${path}`, { ...init, to: listen, env } as ScgiRequestInit);
    expect(await (await ask("/ada")).text()).toBe("Hello, ada from NL\n");
    const visits = async () => await (await ask("/visits/ada", authorized)).text();
    await eventually(visits, (text) => text === "1\n");
    expect((await ask("/visits/ada")).status).toBe(401);
  });
});

describeWith(["uwsgi", "uwsgi-plugin-python3"], "the WSGI app behind uWSGI", () => {
  const questions: Question[] = [
    ["/"],
    ["/greet?name=%C3%A9", { headers: { "user-agent": "a test" } }],
    ["/length", post("abc")],
    ["/nothing"],
  ];
  const expected = [
    ["/", 200, "Hello, 127.0.0.1\n"],
    ["/greet?name=%C3%A9", 200, "Hello, é with a test\n"],
    ["/length", 200, "POST of 3 bytes\n"],
    ["/nothing", 404, "Not found\n"],
  ];
  let port: number;
  let old: Child;
  beforeAll(async () => {
    port = await freePort();
    old = new Child(requireTool("uwsgi"), [
      ...["--scgi-socket", `127.0.0.1:${port}`, "--plugin", "python3", "--die-on-term"],
      ...["--wsgi-file", page("php-python/before.py")],
    ], { cwd: root });
    await old.until(() => answers(port), "uWSGI listened");
  });
  afterAll(() => old?.stop());

  test("answers", async () => {
    expect(await answersTo(questions, overScgi(`127.0.0.1:${port}`))).toEqual(expected);
  });

  for (const runtime of ["bun", "deno"] as const) {
    test(`answers what the new app does not have yet, on ${runtime}`, async () => {
      const listen = `127.0.0.1:${await freePort()}`;
      const script = ["src/cli.ts", "serve", page("php-python/after.ts"), "--listen", listen];
      const env = { OLD: `127.0.0.1:${port}` };
      await using server: ServerProcess = await startScript(runtime, script, { env });
      expect(await answersTo(questions, overScgi(listen))).toEqual(expected);
      expect(server.stderr()).toBe("");
    });
  }
});
