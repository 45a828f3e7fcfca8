/**
 * The example with several machines, behind each web server: who gets what, and what becomes of
 * requests when a backend is killed, stopped, and started again.
 */

import { afterAll, beforeAll, expect, test } from "bun:test";
import { printConfig } from "../../src/config/mod.ts";
import { complaints } from "../config/check.ts";
import {
  type Backend,
  type Cluster,
  exampleConfiguration,
  startCluster,
} from "../support/cluster.ts";
import { Load, request } from "../support/cluster-load.ts";
import { eventually } from "../support/eventually.ts";
import { edited } from "../support/program.ts";
import { describeWith } from "../support/require.ts";
import { type WebServerName, webServers } from "../support/web-server.ts";

/** What each web server does with a request whose backend dies. */
const facts: Record<WebServerName, {
  /** The status of a request that it does not ask again. */
  lost: number;
  /** Whether it asks a GET again. */
  repeats: boolean;
  /** The printed lines that a cluster has others for. */
  replaced: string[];
}> = {
  nginx: {
    lost: 502,
    repeats: true,
    replaced: ["server 127.0.0.1:4000;", "scgi_next_upstream off;"],
  },
  lighttpd: {
    lost: 500,
    repeats: false,
    replaced: [
      `scgi.server = ( "/" => ( "app" => (`,
      `"host" => "127.0.0.1",`,
      `"port" => 4000,`,
      ")))",
    ],
  },
  apache: {
    lost: 500,
    repeats: true,
    replaced: [`ProxyPass "/" "scgi://127.0.0.1:4000/"`],
  },
};

/** A page with a password whose file is not there, which is a 500 of Apache's own. */
const BROKEN_ACCESS = `
    <Location "/private">
        AuthType Basic
        AuthName "private"
        AuthUserFile /none/such
        Require valid-user
    </Location>
</VirtualHost>
`;

for (const name of webServers) {
  const { lost, repeats, replaced } = facts[name];

  test(`examples/cluster has all that scgi config ${name} prints, but for the one backend`, () => {
    const lines = (text: string) => text.split("\n").map((line) => line.trim());
    const here = new Set(lines(exampleConfiguration(name)));
    const missing = lines(printConfig(name))
      .filter((line) => line !== "" && !line.startsWith("#") && !here.has(line));
    expect(missing).toEqual(replaced);
  });

  describeWith(name, `Three backends behind ${name}`, () => {
    let cluster: Cluster;
    let a: Backend, b: Backend;
    beforeAll(async () => {
      cluster = await startCluster(
        name,
        (configuration) =>
          name === "apache"
            ? edited(configuration, [["\n</VirtualHost>\n", BROKEN_ACCESS]])
            : configuration,
      );
      [a, b] = cluster.backends;
    }, 30_000);
    afterAll(() => cluster?.[Symbol.asyncDispose](), 30_000);

    /** How many requests of a method have begun at each backend. */
    const begun = async (method: string): Promise<number[]> =>
      await Promise.all(cluster.backends.map((backend) => backend.begun(method)));

    /** Sends twelve requests, and waits until all of them have begun. */
    const hold = async (method: string) => {
      const before = await begun(method);
      const body = method === "POST" ? "order=tea" : null;
      const outcomes = Promise.all(Array.from(
        { length: 12 },
        (_, at) => request(`${cluster.origin}/held/${at}?wait=1200`, { method, body }),
      ));
      const since = async () => (await begun(method)).map((count, at) => count - before[at]!);
      const sum = (counts: number[]) => counts.reduce((sum, count) => sum + count, 0);
      return { method, outcomes, at: await eventually(since, (at) => sum(at) === 12), since };
    };

    /** Waits until a backend is asked again. */
    const isBack = (backend: Backend) =>
      eventually(
        () => request(cluster.origin),
        (outcome) => outcome.backend === backend.name,
      );

    test("are configured by a file that it accepts as it is", () => {
      expect(complaints(name, exampleConfiguration(name))).toBe("");
    });

    test("get twice as much, as much, and as much", async () => {
      const load = new Load(`${cluster.origin}/?wait=2`);
      await load.more(400);
      await load.stop();
      expect(load.failed).toEqual([]);
      const share = (of: string) => load.answered[of]! / load.total;
      expect(Math.abs(share("a") - 0.5)).toBeLessThan(0.05);
      expect(Math.abs(share("b") - 0.25)).toBeLessThan(0.05);
    }, 30_000);

    test(
      repeats
        ? "lose no GET when one is killed, and have all of them again when it is back"
        : "lose only GETs that are under way when one is killed, and have all of them again later",
      async () => {
        await using load = new Load(`${cluster.origin}/?wait=5`);
        for (const backend of [a, b]) {
          await load.answersBy(backend, 100);
          const goneAt = await backend.kill();
          const before = load.answered[backend.name]!;
          await load.more(500);
          expect(load.answered[backend.name]! - before).toBeLessThanOrEqual(16);
          await backend.start();
          await load.answersBy(backend);
          const late = load.failed.filter(({ sentAt }) => repeats || sentAt > goneAt);
          expect(late).toEqual([]);
          // A 503 is one that could not be sent any more.
          expect(load.failed.filter(({ status }) => ![lost, 503].includes(status))).toEqual([]);
        }
        await load.stop();
      },
      30_000,
    );

    test(
      repeats
        ? "repeat the GETs and HEADs that one had begun when it was killed, and lose its POSTs"
        : "lose what one had begun when it was killed, and nothing else",
      async () => {
        const held = await Promise.all(["GET", "HEAD", "POST"].map(hold));
        await a.kill();
        for (const { method, outcomes, at, since } of held) {
          const statuses = (await outcomes).map(({ status }) => status);
          const lostHere = repeats && method !== "POST" ? 0 : at[0];
          expect(at[0]).toBeGreaterThan(0);
          expect(statuses.filter((status) => status === lost).length).toBe(lostHere!);
          expect(statuses.filter((status) => status === 200).length).toBe(12 - lostHere!);
          for (const [at, { backend, text }] of (await outcomes).entries()) {
            // The one that was asked second knows what was asked first.
            if (backend !== undefined) {
              expect(text).toBe(`${backend}: ${method} /held/${at}?wait=1200\n`);
            }
          }
          if (method === "POST") expect((await since()).slice(1)).toEqual(at.slice(1));
        }

        const later = await Promise.all(
          Array.from(
            { length: 12 },
            () => request(cluster.origin, { method: "POST", body: "a=b" }),
          ),
        );
        expect(later.map(({ status }) => status)).toEqual(Array(12).fill(200));
        await a.start();
        await isBack(a);
      },
      30_000,
    );

    test("answer all that one has begun when it is stopped, POSTs too", async () => {
      const held = await Promise.all(["GET", "POST"].map(hold));
      await a.stop();
      for (const { outcomes, at } of held) {
        const by = (await outcomes).map(({ backend }) => backend);
        const counts = ["a", "b", "c"].map((name) => by.filter((each) => each === name).length);
        expect(counts).toEqual(at);
      }
      await a.start();
      await isBack(a);
    }, 30_000);

    test(
      repeats
        ? "lose no GET under load when one is stopped"
        : "lose no GET under load that is sent after one was stopped",
      async () => {
        await using load = new Load(`${cluster.origin}/?wait=5`);
        for (const backend of [a, b]) {
          await load.answersBy(backend, 50);
          const goneAt = await backend.stop();
          await load.more(300);
          await backend.start();
          const late = load.failed.filter(({ sentAt }) => repeats || sentAt > goneAt);
          expect(late).toEqual([]);
        }
        await load.stop();
      },
      30_000,
    );

    if (name === "nginx") {
      test("lose no POST under load when one is taken out before it is stopped", async () => {
        const address = `server ${a.listen} `;
        // A connection that is kept alive could be closed by a worker that ends as a POST comes.
        const headers = { connection: "close" };
        const init = { method: "POST", body: "order=tea", headers };
        await using load = new Load(`${cluster.origin}/?wait=5`, init);
        await load.answersBy(a, 50);
        cluster.reload("SIGHUP", (text) => edited(text, [[address, `${address} down `]]));
        await isLeftOut(load, a);
        await a.stop();
        await load.more(100);
        await a.start();
        cluster.reload("SIGHUP", (text) => text);
        await load.answersBy(a, 50);
        await load.stop();
        expect(load.failed).toEqual([]);
      }, 30_000);
    }

    if (name === "apache") {
      test("lose no POST under load when one is taken out before it is stopped", async () => {
        const manager = `${cluster.origin}/balancer-manager`;
        const nonce = /nonce=([0-9a-f-]+)/.exec(await (await fetch(manager)).text())?.[1];
        const setDisabled = async (value: "0" | "1") => {
          const body = new URLSearchParams({
            ...{ b: "app", w: `scgi://${a.listen}`, nonce: nonce!, w_status_D: value },
          });
          const reply = await fetch(manager, {
            method: "POST",
            body,
            headers: { referer: manager },
          });
          expect(reply.status).toBe(200);
        };
        const init = { method: "POST", body: "order=tea" };
        await using load = new Load(`${cluster.origin}/?wait=5`, init);
        await load.answersBy(a, 50);
        await setDisabled("1");
        await isLeftOut(load, a);
        await a.stop();
        await load.more(100);
        await a.start();
        await setDisabled("0");
        await load.answersBy(a, 50);
        await load.stop();
        expect(load.failed).toEqual([]);
      }, 30_000);

      test("are not asked for what Apache itself has refused, not even with a 500", async () => {
        const before = await begun("GET");
        const headers = { authorization: `Basic ${btoa("ada:lovelace")}` };
        expect((await request(`${cluster.origin}/private`, { headers })).status).toBe(500);
        expect((await request(`${cluster.origin}/.again`)).status).toBe(403);
        expect(await begun("GET")).toEqual(before);
      });
    }
  });
}

/** Waits until 150 requests in a row were answered by others. */
async function isLeftOut(load: Load, { name }: Backend): Promise<void> {
  let before: number | undefined;
  do {
    before = load.answered[name];
    await load.more(150);
  } while (load.answered[name] !== before);
}
