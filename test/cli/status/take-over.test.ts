/** `--status` and `--http` of a server that takes over from one with the same addresses. */

import { describe, expect, test } from "bun:test";
import { existsSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import type { StatusSnapshot } from "../../../src/cli/status/snapshot.ts";
import { ask, head, Peer } from "../../behaviour/client.ts";
import { freePort, removeFolder, temporaryFolder } from "../../support/address.ts";
import { testAtOnce } from "../../support/at-once.ts";
import { type Runtime, runtimes, spawnScript } from "../../support/server.ts";
import type { Answer } from "../workers/app.ts";
import { get } from "./started.ts";

const APP = "test/cli/workers/served.ts";

describe("a server with --take-over", () => {
  const kinds = [
    ...runtimes.map((runtime) => `${runtime} serve Unix`),
    "bun serve TCP --workers=1",
    "deno run TCP",
    ...runtimes.filter((runtime) => runtime === "node").map((runtime) => `${runtime} serve TCP`),
  ];
  testAtOnce(
    "has the status and the HTTP front before the old one has ended",
    kinds,
    async (kind) => {
      const [runtime, command = "", socket, ...args] = kind.split(" ") as [Runtime, ...string[]];
      const folder = temporaryFolder();
      const listen = `unix:${join(folder, "app.sock")}`;
      const socketPath = join(folder, "status.sock");
      const [front, port] = [await freePort(), await freePort()];
      const at = socket === "Unix" ? { socketPath } : { host: "127.0.0.1", port };
      const [status, url] = socket === "Unix"
        ? Array(2).fill(`unix:${socketPath}`)
        : [`${port}`, `http://127.0.0.1:${port}/`];
      const start = () =>
        spawnScript(runtime, [
          ...["src/cli.ts", command, "--listen", listen, "--status", status],
          ...["--http", `${front}`, "--take-over", ...args, APP],
        ]);
      const lines = ({ stdout, stderr }: typeof first) =>
        (stdout + stderr).match(/^(?:Status|HTTP|Open) .*$/gm) ?? [];
      const [statusAt, open] = [`Status at ${url}`, `Open http://127.0.0.1:${front}/`];
      const first = start();
      await first.until(() => lines(first).length === 2, "it listened");
      expect(lines(first)).toEqual([statusAt, open]);
      const gate = join(folder, "go");
      const peer = await Peer.open(listen);
      await peer.send(head(`/gate?file=${gate}`));
      await peer.until("}\n");

      const second = start();
      const has = () =>
        [statusAt, open].every((line) => (lines(second) as string[]).includes(line));
      await second.until(has, "it has the addresses of the first");
      // The old one may have left the port of its front before the new one opens its own.
      expect(lines(second).filter((line) => !line.startsWith("HTTP follows")).sort()).toEqual([
        open,
        statusAt,
        `Status follows at ${url} once the old server has left it`,
      ]);
      expect(await get(at, "/healthz")).toMatchObject({ status: 200, text: "serving\n" });
      const { pid } = JSON.parse((await get(at, "/stats.json")).text) as StatusSnapshot;
      expect(pid).toBe(second.pid);
      const own = (await ask(listen, "/who")).json() as Answer;
      const { pid: answered } = await (await fetch(`http://127.0.0.1:${front}/who`))
        .json() as Answer;
      expect(answered).toBe(own.pid);

      writeFileSync(gate, "");
      expect((await peer.reply()).text).toEndWith("whole\n");
      expect(await first.exited).toBe(0);
      expect(await get(at, "/healthz")).toMatchObject({ status: 200 });
      expect(await second.stop()).toBe(0);
      expect(existsSync(socketPath)).toBe(false);
      if (command === "serve") expect(first.stderr + second.stderr).toBe("");
      removeFolder(folder);
    },
  );

  test("fails where an address cannot be had for another reason, and stops while one is taken", async () => {
    const folder = temporaryFolder();
    const start = (status: string) =>
      spawnScript("bun", [
        ...["src/cli.ts", "serve", APP, "--listen", `unix:${join(folder, "app.sock")}`],
        ...["--take-over", "--status", status],
      ]);
    const failed = start(`unix:${join(folder, "none", "status.sock")}`);
    expect(await failed.exited).toBe(1);
    expect(failed.stderr).toContain("its folder does not exist. Make it first\n");
    const foreign = createServer().listen(await freePort(), "127.0.0.1");
    const { port } = foreign.address() as { port: number };
    const child = start(`${port}`);
    await child.until(() => child.stdout.includes("Listening on"), "it listened");
    expect(await child.stop()).toBe(0);
    expect(child.stdout).toMatch(
      /^Status follows at [^\n]+\nListening on [^\n]+\nStopping [^\n]+\n$/,
    );
    foreign.close();
    removeFolder(folder);
  });
});
