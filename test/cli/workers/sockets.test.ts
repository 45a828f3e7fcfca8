/** WebSockets of workers that a reload replaces. */

import { Buffer } from "node:buffer";
import { describe, expect, test } from "bun:test";
import { head, Peer } from "../../behaviour/client.ts";
import { eventually } from "../../support/eventually.ts";
import { CLOSE, closing, HANDSHAKE, masked, tellFrames, TEXT } from "../../support/frames.ts";
import { runtimes } from "../../support/server.ts";
import { Cluster, moduleOf } from "./cluster.ts";

/** Opens a socket, and gives what it has received whenever that is asked. */
async function open(cluster: Cluster): Promise<[peer: Peer, frames: () => string[]]> {
  const peer = await Peer.open(cluster.address);
  await peer.send(head("/socket", { variables: HANDSHAKE }));
  await peer.until("\r\n\r\n");
  return [peer, () => {
    const all = Buffer.concat(peer.chunks);
    return tellFrames(all.subarray(all.indexOf("\r\n\r\n") + 4));
  }];
}

describe.each(runtimes)("a reload of workers (%s)", (runtime) => {
  const target = { runtime, socket: "Unix" } as const;

  /** Reloads, and waits until only new workers answer. */
  async function reload(cluster: Cluster): Promise<void> {
    cluster.rewrite(moduleOf("two"));
    cluster.parent.kill("SIGHUP");
    await eventually(() => cluster.who(), ({ version }) => version === "two");
  }

  test("leaves open sockets with the old ones, until the command stops", async () => {
    const args = ["--shutdown-timeout", "60000"];
    await using cluster = await Cluster.started(target, { args });
    const [peer, frames] = await open(cluster);
    await reload(cluster);
    await peer.send(masked(TEXT, "who"));
    expect(await eventually(frames, ({ length }) => length > 0)).toEqual(["1:who one"]);
    cluster.parent.kill("SIGTERM");
    const all = await eventually(frames, ({ length }) => length > 1);
    expect(all[1]).toStartWith("8:1001");
    await peer.send(masked(CLOSE, closing(1001)));
    expect(await peer.ended).toBe("end");
    peer.finish();
    expect(await cluster.parent.exited).toBe(0);
  });

  test("closes them with 1001 when shutdownTimeout is over", async () => {
    await using cluster = await Cluster.started(target, { args: ["--shutdown-timeout", "300"] });
    const old = cluster.workers();
    const [peer, frames] = await open(cluster);
    await reload(cluster);
    expect(await peer.ended).toBe("end");
    expect(frames()[0]).toStartWith("8:1001");
    peer.finish();
    await cluster.replaced(old);
  });
});
