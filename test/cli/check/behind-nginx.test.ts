/** What `scgi check` says of a socket, beside what a real nginx makes of it, before it is mended and after. */

import { afterAll, beforeAll, expect, test } from "bun:test";
import { execFileSync } from "node:child_process";
import { chmodSync, chownSync, mkdirSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import process from "node:process";
import { checkAddress } from "../../../src/cli/check/address.ts";
import { findUser } from "../../../src/cli/check/user.ts";
import { serve } from "../../../src/mod.ts";
import { removeFolder, temporaryFolder } from "../../support/address.ts";
import { type Front, startFront } from "../../support/front.ts";
import { describeWith, findTool } from "../../support/require.ts";

const web = findTool("nginx") === undefined ? undefined : findUser("www-data");
const isRoot = process.getuid?.() === 0;

/** What is wrong with a socket, and what is done to a server that works to make it so. */
const faults: Record<string, (folder: string, socket: string) => void> = {
  "all is right": () => {},
  "the folder is closed": (folder) => chmodSync(folder, 0o700),
  "the folder is closed to its group": (folder) => {
    chownSync(folder, 0, web!.gid);
    chmodSync(folder, 0o707);
  },
  "the folder is closed to its owner": (folder) => {
    chownSync(folder, web!.uid, 0);
    chmodSync(folder, 0o677);
  },
  "a folder above is closed": (folder) => chmodSync(join(folder, ".."), 0o750),
  "the socket is for root": (_, socket) => chmodSync(socket, 0o660),
  "the socket is closed to its group": (_, socket) => {
    chownSync(socket, 0, web!.gid);
    chmodSync(socket, 0o606);
  },
  "the socket is closed to its owner": (_, socket) => {
    chownSync(socket, web!.uid, 0);
    chmodSync(socket, 0o466);
  },
  "an ACL lets in whom the mode does not": (_, socket) => {
    chmodSync(socket, 0o660);
    execFileSync("setfacl", ["-m", "u:www-data:rw", socket]);
  },
  "an ACL keeps out whom the mode lets in": (folder) => {
    execFileSync("setfacl", ["-m", "u:www-data:-", folder]);
  },
};
const names = Object.keys(faults);
/** Those that no line of a shell mends by itself. */
const NOT_MENDED = ["an ACL keeps out whom the mode lets in"];

const describeAsRoot = isRoot
  ? describeWith
  : (_: unknown, name: string) => test.skip(name, () => {});

describeAsRoot(["nginx", "setfacl"], "scgi check --as www-data, beside nginx", () => {
  const started = new AsyncDisposableStack();
  const places = new Map<string, { folder: string; socket: string }>();
  let front: Front;

  beforeAll(async () => {
    const folder = started.adopt(temporaryFolder(), removeFolder);
    for (const [at, name] of names.entries()) {
      const place = join(folder, `${at}/above/own`);
      mkdirSync(place, { recursive: true });
      const socket = join(place, "app.sock");
      places.set(name, { folder: place, socket });
      const server = started.use(serve(() => new Response(), { unix: socket, mode: 0o666 }));
      await server.ready;
    }
    const locations = [...places.values()].map(({ socket }, at) =>
      `location = /${at} { scgi_pass unix:${socket}; }`
    );
    front = started.use(await startFront("nginx", locations.join("\n")));
    for (const [name, { folder, socket }] of places) faults[name]!(folder, socket);
  });
  afterAll(() => started.disposeAsync());

  const status = async (name: string) =>
    (await fetch(`${front.origin}/${names.indexOf(name)}`)).status;
  const check = (name: string) =>
    checkAddress({ unix: places.get(name)!.socket }, {
      user: web!,
      self: findUser(),
      limitMs: 5000,
      host: "localhost",
      bufferBytes: undefined,
    });

  test.each(names)("agrees with it where %s", async (name) => {
    const wrong = (await check(name)).filter(({ mark }) => mark === "no");
    expect(wrong.length === 0 ? 200 : 502).toBe(await status(name));
    if (wrong.length === 0) return;
    expect(wrong[0]!.text).toStartWith("www-data may not ");
    if (NOT_MENDED.includes(name)) return;
    // sudo is not installed everywhere, and not needed here.
    for (const line of wrong[0]!.mend!) execFileSync("sh", ["-c", line.replaceAll("sudo ", "")]);
    expect((await check(name)).filter(({ mark }) => mark === "no")).toEqual([]);
    expect(await status(name)).toBe(200);
  });

  test("names both servers where one has lost its path to the other", async () => {
    const place = started.adopt(temporaryFolder(), removeFolder);
    const path = join(place, "app.sock");
    const old: Server = createServer().listen(path);
    await new Promise((resolve) => old.once("listening", resolve));
    execFileSync("rm", [path]);
    await using server = serve(() => new Response(), { unix: path });
    await server.ready;
    const findings = await checkAddress({ unix: path }, {
      user: findUser(),
      self: findUser(),
      limitMs: 5000,
      host: "localhost",
      bufferBytes: undefined,
    });
    old.close();
    const found = findings.find(({ text }) => text.startsWith("Another server listens there"));
    expect(found).toMatchObject({
      mark: "note",
      mend: [`ps -o pid,lstart,args -p ${process.pid}`],
    });
  });
});
