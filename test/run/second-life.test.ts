/** Servers of scripts that stop, and others that start at their addresses. */

import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { ask, Peer } from "../behaviour/client.ts";
import { freePort, removeFolder, temporaryFolder } from "../support/address.ts";
import { eventually } from "../support/eventually.ts";
import {
  type Runtime,
  type ScriptOptions,
  servingRuntimes,
  spawnScript,
  startScript,
} from "../support/server.ts";

const script = "test/run/apps/again.ts";

async function start(runtime: Runtime, listen: string[], options: ScriptOptions = {}) {
  const words = ["src/cli.ts", "run", ...listen.flatMap((at) => ["--listen", at])];
  return await startScript(runtime, [...words, script], options);
}

const text = async (at: string, target: string) => (await ask(at, target)).text;

describe.each(servingRuntimes)("a server of a script (%s) that stops", (runtime) => {
  test("is followed by another at a socket that the process has inherited", async () => {
    const port = await freePort();
    const at = `127.0.0.1:${port}`;
    const held = Bun.listen({ hostname: "127.0.0.1", port, socket: { data() {} } });
    const { fd } = held as unknown as { fd: number };
    await using _server = await start(runtime, ["fd:3"], { fd });
    held.stop();
    await text(at, "/again?100");
    await eventually(() => text(at, "/"), (reply) => reply === "life 2");
  });

  test.each(["tcp", "unix"])("is followed by another at its %s address", async (kind) => {
    const folder = temporaryFolder();
    const at = kind === "unix"
      ? `unix:${join(folder, "app.sock")}`
      : `127.0.0.1:${await freePort()}`;
    await using server = await start(runtime, [at]);
    // At once, after a while, and once all has ended.
    for (const [index, ms] of [0, 200, -1].entries()) {
      expect(await text(at, `/again?${ms}`)).toBe(`life ${index + 1}`);
      await eventually(() => text(at, "/"), (reply) => reply === `life ${index + 2}`);
    }
    expect(server.stderr().match(/^Listening on/gm)).toHaveLength(1);
    removeFolder(folder);
  });

  test("lets its requests end, while the next one answers others", async () => {
    const at = `127.0.0.1:${await freePort()}`;
    await using _server = await start(runtime, [at]);
    const slow = text(at, "/slow");
    const broken = ask(at, "/broken");
    await text(at, "/again?0");
    await eventually(() => text(at, "/"), (reply) => reply === "life 2");
    expect(await slow).toBe("life 1");
    expect(await broken).toMatchObject({ status: 500, text: "in life 1" });
  });

  test("lets requests wait for the next one", async () => {
    const at = `127.0.0.1:${await freePort()}`;
    await using server = await start(runtime, [at]);
    await text(at, "/again?600");
    await new Promise((resolve) => setTimeout(resolve, 200));
    const waiting = [text(at, "/"), text(at, "/slow"), text(at, "/")];
    expect(await Promise.all(waiting)).toEqual(["life 2", "life 2", "life 2"]);
    expect(server.stderr()).not.toContain("scgi:");
  });

  test("lets the process end with 0 where nothing is left to do", async () => {
    const at = `127.0.0.1:${await freePort()}`;
    const server = await start(runtime, [at]);
    await text(at, "/end");
    expect(await server.exited).toBe(0);
    expect(server.stdout()).toBe("ended\n");
  });

  test("is followed by the next one at the first address that is free", async () => {
    const at = [`127.0.0.1:${await freePort()}`, `127.0.0.1:${await freePort()}`];
    await using _server = await start(runtime, at);
    await text(at[0]!, "/again?0");
    await eventually(() => text(at[0]!, "/"), (reply) => reply === "life 2");
    // Nobody has ever had the second.
    const peer = await Peer.open(at[1]!);
    peer.leave();
  });

  test("leaves its address to the process's own stop: what waits gets 503", async () => {
    const at = `127.0.0.1:${await freePort()}`;
    const server = await start(runtime, [at]);
    await text(at, "/again?60000");
    await new Promise((resolve) => setTimeout(resolve, 200));
    const waiting = ask(at, "/");
    await new Promise((resolve) => setTimeout(resolve, 200));
    await server.stop();
    expect((await waiting).status).toBe(503);
  });
});

test("a server of Bun that stops with true ends its requests", async () => {
  const at = `127.0.0.1:${await freePort()}`;
  await using _server = await start("bun", [at]);
  const slow = ask(at, "/slow");
  await text(at, "/force");
  expect((await slow).status).toBe(503);
  expect(await text(at, "/")).toBe("life 2");
});

test("an address that was given back and not taken is told of", async () => {
  const at = `127.0.0.1:${await freePort()}`;
  await using server = await start("bun", [at]);
  await text(at, "/again?60000");
  await eventually(
    () => server.stderr(),
    (said) => said.includes("stopped its server for 127.0.0.1"),
  );
}, 20_000);

test("a script that stops before it starts again does so under its runtime alone as well", async () => {
  const port = await freePort();
  const child = spawnScript("bun", [script], { env: { PORT: String(port) } });
  const reply = async (path: string) => {
    try {
      return await (await fetch(`http://127.0.0.1:${port}${path}`)).text();
    } catch {
      return undefined;
    }
  };
  await eventually(() => reply("/again?50"), (answer) => answer === "life 1");
  await eventually(() => reply("/"), (answer) => answer === "life 2");
  await child.stop();
});
