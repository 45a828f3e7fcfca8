/** A Unix socket that a new server takes over from a living one, which then stops. */

import { describe, expect, test } from "bun:test";
import { lstatSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { serve } from "../../src/server/serve.ts";
import type { Answer } from "../cli/workers/app.ts";
import { freePort, temporaryFolder } from "../support/address.ts";
import { eventually } from "../support/eventually.ts";
import { describeWith } from "../support/require.ts";
import { forNginx, restart } from "../support/restarts.ts";
import { runtimes, servingRuntimes, spawnScript, startScript } from "../support/server.ts";
import { ask, head, Peer } from "./client.ts";

const APP = "test/cli/workers/served.ts";

const socketPath = () => join(temporaryFolder(), "app.sock");
const words = (at: string, args: string[], app = APP) => {
  return ["src/cli.ts", "serve", app, "--listen", `unix:${at}`, ...args];
};
const who = async (at: string) => ((await ask(`unix:${at}`, "/who")).json() as Answer).pid;

describe.each(runtimes)("--take-over (%s)", (runtime) => {
  const start = (at: string, ...args: string[]) => startScript(runtime, words(at, args));

  test("starts a server beside a living one, whose requests end, and which exits with 0", async () => {
    const at = socketPath();
    const first = await start(at, "--take-over");
    const gate = join(at, "../go");
    const peer = await Peer.open(`unix:${at}`);
    await peer.send(head(`/gate?file=${gate}`));
    await peer.until("}\n");
    const before = lstatSync(at).ino;
    await using second = await start(at, "--take-over");
    expect(lstatSync(at).ino).not.toBe(before);
    expect(await who(at)).toBe(second.pid);
    await eventually(() => first.stdout(), (said) => said.includes("Stopping"));
    writeFileSync(gate, "");
    expect((await peer.reply()).text).toEndWith("whole\n");
    expect(await first.exited).toBe(0);
    expect(first.stdout()).toEndWith("Stopping since another server has taken over the address\n");
    expect([first.stderr(), second.stderr()]).toEqual(["", ""]);
    expect(await who(at)).toBe(second.pid);
    expect(readdirSync(join(at, "..")).sort()).toEqual(["app.sock", "go"]);
  });

  const failures: [what: string, app: string, args: () => Promise<string[]>][] = [
    ["whose module throws", "throws.ts", () => Promise.resolve([])],
    ["whose workers cannot start", "throws.ts", () => Promise.resolve(["--workers", "2"])],
    ["with another address that is taken", APP, async () => ["--listen", await takenPort()]],
  ];

  test("leaves the living one alone in a start that fails", async () => {
    const at = socketPath();
    await using first = await start(at);
    writeFileSync(join(at, "../throws.ts"), "throw new Error('not today');\n");
    for (const [what, app, args] of failures) {
      const file = app === APP ? APP : join(at, "..", app);
      const child = spawnScript(runtime, words(at, ["--take-over", ...await args()], file));
      expect([what, await child.exited]).toEqual([what, 1]);
      expect(await who(at)).toBe(first.pid);
      expect(readdirSync(join(at, "..")).sort()).toEqual(["app.sock", "throws.ts"]);
    }
  });

  test("takes the place of workers, by workers that serve already", async () => {
    const at = socketPath();
    const first = await start(at, "--workers", "2");
    await using second = await start(at, "--workers", "2", "--take-over");
    expect(await first.exited).toBe(0);
    await eventually(() => childrenOf(second.pid), (pids) => pids.length === 2);
    expect(childrenOf(second.pid)).toContain(await who(at));
    expect([first.stderr(), second.stderr()]).toEqual(["", ""]);
  });

  test("starts where no server is, and replaces no file that is not a socket", async () => {
    const at = socketPath();
    await using _server = await start(at, "--take-over");
    const file = socketPath();
    writeFileSync(file, "precious");
    const child = spawnScript(runtime, words(file, ["--take-over"]));
    expect(await child.exited).toBe(1);
    expect(child.stderr).toContain("the file there is not a socket");
    expect(readFileSync(file, "utf8")).toBe("precious");
  });

  describeWith("nginx", "behind nginx", () => {
    test("loses no request of restarts under load", async () => {
      const listen = `unix:${socketPath()}`;
      const args = ["--take-over", ...forNginx];
      const { failures, last: [answered, started] } = await restart(4, { runtime, listen, args });
      expect(failures).toEqual([]);
      expect(answered).toBe(started);
    });
  });
});

test("a server that does not stop when its path is taken is reported, on each runtime", async () => {
  await Promise.all(runtimes.map(async (runtime) => {
    const at = socketPath();
    const foreign = createServer().listen(at);
    await using server = await startScript(runtime, words(at, ["--take-over"]));
    await eventually(() => server.stderr(), (said) => said !== "");
    expect(server.stderr()).toBe(
      `scgi: unix:${at} was taken over, but the server that had it has not ` +
        "begun to stop: it hangs, or is another program. It gets no new connections. Stop it (PREDECESSOR_STAYS)\n",
    );
    expect(await who(at)).toBe(server.pid);
    foreign.close();
  }));
});

describe.each(servingRuntimes)("--take-over of scgi run (%s)", (runtime) => {
  const script = (text: string) => {
    const call = runtime === "bun" ? "Bun.serve({ fetch })" : "Deno.serve(fetch)";
    return `import process from "node:process";
const fetch = () => Response.json({ pid: process.pid });
${text.replace("SERVE", call)};\n`;
  };

  test("waits for the server of the script, and leaves a living one alone where it fails", async () => {
    const at = socketPath();
    const file = join(at, "../script.ts");
    const run = ["src/cli.ts", "run", "--listen", `unix:${at}`, "--take-over", file];
    writeFileSync(file, script("SERVE"));
    const first = await startScript(runtime, run);
    writeFileSync(file, script("throw new Error('not today')"));
    expect(await spawnScript(runtime, run).exited).not.toBe(0);
    expect(await who(at)).toBe(first.pid);
    writeFileSync(file, script("SERVE"));
    await using second = await startScript(runtime, run);
    expect(await who(at)).toBe(second.pid);
    expect(await first.exited).toBe(0);
    expect(readdirSync(join(at, "..")).sort()).toEqual(["app.sock", "script.ts"]);
  });
});

test("serve() with takeOver ends the server that had the path, as shutdown() does", async () => {
  const unix = socketPath();
  const first = serve(() => new Response("first"), { unix });
  await first.ready;
  const refused = serve(() => new Response("refused"), { unix });
  expect(await refused.ready.catch(({ code }) => code)).toBe("LISTEN_FAILED");
  const second = serve(() => new Response("second"), { unix, takeOver: true });
  await second.ready;
  await first.finished;
  expect((await ask(`unix:${unix}`, "/")).text).toBe("second");
  await second.shutdown();
  expect(readdirSync(join(unix, ".."))).toEqual([]);
});

test("a server goes on while one of its two paths is taken over", async () => {
  const [one, two] = [socketPath(), socketPath()];
  const first = serve(() => new Response("first"), { listen: [`unix:${one}`, `unix:${two}`] });
  await first.ready;
  const second = serve(() => new Response("second"), { unix: one, takeOver: true });
  await second.ready;
  const third = serve(() => new Response("third"), { unix: two, takeOver: true });
  await third.ready;
  await first.finished;
  expect((await ask(`unix:${one}`, "/")).text).toBe("second");
  await Promise.all([second.shutdown(), third.shutdown()]);
});

test("takeOver without a Unix socket is refused, and names what TCP has", () => {
  expect(() => serve(() => new Response(), { port: 0, takeOver: true })).toThrow(
    /^takeOver needs the address of a Unix socket.*reusePort$/,
  );
});

/** The address of a port that is taken. */
async function takenPort(): Promise<string> {
  const port = await freePort();
  createServer().listen(port, "127.0.0.1").unref();
  return `127.0.0.1:${port}`;
}

function childrenOf(pid: number): number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, "utf8").split(" ")
      .filter((word) => word !== "").map(Number)
  ).filter((child) => readFileSync(`/proc/${child}/cmdline`, "utf8").includes("serve"));
}
