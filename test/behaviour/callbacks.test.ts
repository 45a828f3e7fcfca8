/** Callbacks of the user's that fail, and what is thrown that can hardly be shown. */

import { describe, expect, test } from "bun:test";
import { freePort } from "../support/address.ts";
import { eventually } from "../support/eventually.ts";
import { runtimes, type ServerProcess, startScript } from "../support/server.ts";
import { ask, Peer } from "./client.ts";

/** What changes how a terminal shows the text around it. */
// deno-lint-ignore no-control-regex
const RAW = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069]/;

const times = (text: string, part: string): number => text.split(part).length - 1;

describe.each(runtimes)("a server (%s)", (runtime) => {
  const start = async (...words: string[]): Promise<[at: string, server: ServerProcess]> => {
    const at = `127.0.0.1:${await freePort()}`;
    return [at, await startScript(runtime, ["test/behaviour/scripts/callbacks.ts", at, ...words])];
  };

  test.each(["log-throws", "log-rejects", "onListen-throws", "onListen-rejects"])(
    "serves and ends its connections where %s, which is reported once",
    async (word) => {
      const [at, server] = await start(word);
      for (let i = 0; i < 10; i++) expect((await ask(at, "/")).status).toBe(200);
      expect(JSON.parse((await ask(at, "/stats")).text).active).toBe(1);
      const said = word.replace("throws", "threw").replace("rejects", "rejected").replace("-", " ");
      await eventually(server.stderr, (text) => text.includes(said));
      await server.stop();
      expect(times(server.stderr(), `rror: ${said}`)).toBe(1);
      expect(times(server.stderr(), "scgi: ")).toBe(1);
    },
  );

  test.each([
    ["onError-throws", "rror: onError threw"],
    ["onError-rejects", "rror: onError rejected"],
  ])("answers where %s, which is reported once, and each failure by itself", async (word, said) => {
    const [at, server] = await start(word, "log-throws");
    for (let i = 0; i < 5; i++) expect((await ask(at, "/error")).status).toBe(500);
    await eventually(server.stderr, (text) => times(text, "rror: an error") === 5);
    await server.stop();
    expect(times(server.stderr(), said)).toBe(1);
    expect(times(server.stderr(), "rror: log threw")).toBe(1);
  });

  test.each(["onError-gives", "onError-gives-revoked", "console-throws"])(
    "answers where %s",
    async (word) => {
      const [at, server] = await start(word);
      for (let i = 0; i < 5; i++) expect((await ask(at, "/error")).status).toBe(500);
      const refused = await ask(at, "/", { variables: { HTTP_HOST: "a b" } });
      expect(refused.status).toBe(word === "onError-gives" ? 500 : 400);
      expect((await ask(at, "/")).status).toBe(200);
      await server.stop();
    },
  );

  test("waits for the answer of onError no longer than requestTimeout", async () => {
    const [at, server] = await start("onError-pends", "soon");
    expect((await ask(at, "/error")).status).toBe(500);
    expect((await ask(at, "/hang")).status).toBe(504);
    expect((await ask(at, "/", { variables: { HTTP_HOST: "a b" } })).status).toBe(400);
    expect((await ask(at, "/")).status).toBe(200);
    await server.stop();
  });

  test("waits for no answer of onError where the head cannot be read", async () => {
    const [at, server] = await start("onError-pends");
    const peer = await Peer.open(at);
    await peer.send("3:ab,");
    expect((await peer.reply()).status).toBe(400);
    peer.leave();
    expect((await ask(at, "/")).status).toBe(200);
    await server.stop();
  });

  test("answers with 500 whatever is thrown, and shows it as text that harms no terminal", async () => {
    const [at, server] = await start();
    const all =
      "error traps function revoked getters null symbol cycle aggregate custom text message";
    for (const name of all.split(" ")) {
      const before = server.stderr().length;
      expect((await ask(at, `/${name}`)).status).toBe(500);
      const said = await eventually(
        () => server.stderr().slice(before),
        (text) => text.endsWith("\n") && text.startsWith("scgi: "),
      );
      expect(said.length).toBeLessThan(20_000);
    }
    expect((await ask(at, "/controls")).status).toBe(500);
    await eventually(server.stderr, (text) => text.includes("three"));
    expect(server.stderr()).toContain("one\n\ttwo \\x1b[2J \\x9b2J \\u202e \\u2028 \\u200b three");
    expect(server.stderr()).not.toMatch(RAW);
    // The end of a long error has its stack.
    expect(server.stderr()).toMatch(/xx…\n…/);
    await server.stop();
  });

  test("quotes what a client sent in a few words, to the terminal and in the reply", async () => {
    const [at, server] = await start();
    const hosts = ["\x9b31m\x1b[2J", "é\xe2\x80\xae", "\x80".repeat(60_000), "a b".repeat(20_000)];
    for (const HTTP_HOST of hosts) {
      const { status, text } = await ask(at, "/", { variables: { HTTP_HOST } });
      expect(status).toBe(400);
      expect(text.length).toBeLessThan(1500);
      expect(text).not.toMatch(RAW);
    }
    await ask(at, "/", { method: "\x9b".repeat(60_000) });
    await ask(at, "/", { body: "x", variables: { HTTP_CONTENT_LENGTH: "\x9b".repeat(60_000) } });
    await eventually(server.stderr, (text) => times(text, "\n") === hosts.length + 2);
    expect(server.stderr()).not.toMatch(RAW);
    for (const line of server.stderr().split("\n")) expect(line.length).toBeLessThan(1500);
    await server.stop();
  });

  test("measures how long a request takes by a clock that is not set", async () => {
    const [at, server] = await start("log-tells");
    await ask(at, "/clock");
    await eventually(server.stdout, (text) => text.includes("/clock"));
    expect(server.stdout()).toMatch(/"GET \/clock HTTP\/1\.1" 200 .* \d{1,3}ms\n/);
    await server.stop();
  });
});
