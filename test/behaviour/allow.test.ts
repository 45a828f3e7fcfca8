/** `allow`, before peers of which nothing is known: those that have reset their connection. */

import { describe, expect, test } from "bun:test";
import { Buffer } from "node:buffer";
import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { command, Parent, places } from "./inherited/parent.ts";
import { freePort, temporaryFolder } from "../support/address.ts";
import { eventually } from "../support/eventually.ts";
import { runtimes, startScript } from "../support/server.ts";
import { ask, head } from "./client.ts";

const RESETS = 100;
/** Addresses that no peer of these tests has. */
const ELSEWHERE = ["10.9.9.9"];
const RESET = join(import.meta.dirname, "scripts/resets.pl");
const SCRIPT = "test/behaviour/scripts/allow.ts";

/** Sends whole requests to a port of 127.0.0.1, and resets each connection at once. */
async function reset(port: number): Promise<void> {
  const body = "a body";
  const input = Buffer.concat([head("/", { body }), Buffer.from(body)]);
  const client = spawn("perl", [RESET, String(port), String(RESETS)], {
    stdio: ["pipe", "inherit", "inherit"],
  });
  client.stdin.end(input);
  expect(await new Promise((resolve) => client.on("close", resolve))).toBe(0);
}

interface Told {
  handled: number;
  accepted: number;
  rejected: Record<string, number>;
}

const told = (output: string): Told => JSON.parse(output.trim().split("\n").find(isJson)!);
const isJson = (line: string) => line.startsWith("{");

describe.each(runtimes)("allow (%s)", (runtime) => {
  test("refuses a peer that sends a request and resets, over TCP", async () => {
    const port = await freePort();
    const options = { port, allow: ELSEWHERE };
    const server = await startScript(runtime, [SCRIPT, JSON.stringify(options)]);
    await reset(port);
    await server.stop();
    const { handled, accepted, rejected } = told(server.stdout());
    expect(handled).toBe(0);
    // Deno may find a peer gone before it accepts it.
    expect(rejected).toEqual(accepted === 0 ? {} : { PEER_REFUSED: accepted });
    // What is gone already, Deno.listen accepts in silence.
    if (runtime !== "deno") expect(accepted).toBe(RESETS);
  });

  test("refuses it over an inherited TCP socket", async () => {
    using at = await places();
    const options = { fd: 3, allow: ELSEWHERE };
    await using parent = new Parent(
      [at.tcp.socket],
      command(runtime, [SCRIPT, JSON.stringify(options)]),
    );
    await parent.listens();
    await reset(Number(at.tcp.socket.slice("tcp:".length)));
    parent.endProgram();
    expect(await parent.ended()).toBe(0);
    expect(told(parent.stdout)).toMatchObject({
      handled: 0,
      accepted: RESETS,
      rejected: { PEER_REFUSED: RESETS },
    });
  });

  test("refuses it before workers", async () => {
    const folder = temporaryFolder();
    const handled = join(folder, "handled");
    const module = join(folder, runtime === "node" ? "app.mjs" : "app.ts");
    writeFileSync(handled, "");
    writeFileSync(
      module,
      `import { appendFileSync } from "node:fs";
      export default () => {
        appendFileSync(${JSON.stringify(handled)}, "handled\\n");
        return new Response();
      };`,
    );
    const port = await freePort();
    const words = ["src/cli.ts", "serve", module, "--listen", String(port), "--workers", "2"];
    const server = await startScript(runtime, [...words, "--allow", ELSEWHERE[0]!]);
    await reset(port);
    await server.stop();
    expect(readFileSync(handled, "utf8")).toHaveLength(0);
  });

  test("lets in over TCP an address that it names, and nobody of another", async () => {
    using at = await places();
    for (const [allow, text] of [["::ffff:127.0.0.0/104", "Hello\n"], ELSEWHERE]) {
      const options = { fd: 3, allow: [allow] };
      await using parent = new Parent(
        [at.tcp.socket],
        command(runtime, [SCRIPT, JSON.stringify(options)]),
      );
      await parent.listens();
      const reply = ask(at.tcp.address, "/").then((reply) => reply.text, () => undefined);
      expect(await reply).toBe(text);
    }
  });

  test("takes IPv4 for IPv4 where a socket of IPv6 accepts it", async () => {
    for (const allow of ["127.0.0.1", "::ffff:0:0/96", "::ffff:7f00:1"]) {
      const options = { hostname: "::", port: await freePort(), allow: [allow] };
      await using _server = await startScript(runtime, [SCRIPT, JSON.stringify(options)]);
      expect((await ask(`127.0.0.1:${options.port}`, "/")).text).toBe("Hello\n");
    }
  });

  test("says nothing of Unix sockets, inherited or not", async () => {
    using at = await places();
    const inherited = `${at.unix.path}.inherited`;
    const listen = ["fd:3", at.unix.address];
    await using parent = new Parent(
      [`unix:${inherited}`],
      command(runtime, [SCRIPT, JSON.stringify({ listen, allow: ELSEWHERE })]),
    );
    await parent.listens();
    for (const address of [`unix:${inherited}`, at.unix.address]) {
      expect((await ask(address, "/")).text).toBe("Hello\n");
    }
    parent.endProgram();
    await eventually(() => parent.stdout, (text) => text.includes("{"));
    expect(told(parent.stdout)).toMatchObject({ handled: 2, rejected: {} });
  });

  test("is missed where an inherited socket can be reached from other machines", async () => {
    await using parent = new Parent(
      ["wide"],
      command(runtime, [SCRIPT, JSON.stringify({ fd: 3 })]),
    );
    await parent.listens();
    await eventually(
      () => parent.stderr,
      (text) => text.includes("can be reached from other machines"),
    );
  });
});
