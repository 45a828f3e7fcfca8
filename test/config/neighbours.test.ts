/** Several printed sites beside each other, and beside Debian's own configuration. */

import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type ConfigOptions, printConfig } from "../../src/config/mod.ts";
import { serve } from "../../src/mod.ts";
import { freePort, removeFolder, temporaryFolder } from "../support/address.ts";
import { exchange } from "../support/raw-http.ts";
import { describeWith } from "../support/require.ts";
import { type WebServerName, webServers } from "../support/web-server.ts";
import { type Placed, startDebian } from "./debian.ts";

const names = ["shop", "blog", "my-wiki"] as const;
type Name = typeof names[number];

/** Where Debian has sites; of nginx, which has two such folders, each is used. */
const places: Record<WebServerName, (name: Name) => string> = {
  nginx: (name) => name === "blog" ? `sites-enabled/${name}` : `conf.d/${name}.conf`,
  lighttpd: (name) => `conf-enabled/50-${name}.conf`,
  apache: (name) => `sites-enabled/${name}.conf`,
};

for (const web of webServers) {
  describeWith(web, `Three apps behind one ${web}, with Debian's own configuration`, () => {
    const started = new AsyncDisposableStack();
    const listens = {} as Record<Name, string>;
    let folder: string;

    beforeAll(async () => {
      folder = started.adopt(temporaryFolder(), removeFolder);
      for (const name of names) {
        // Sockets for two of them: Apache keys its workers by them.
        const listen = name === "blog"
          ? `127.0.0.1:${await freePort()}`
          : `unix:${folder}/${name}.sock`;
        const address = name === "blog" ? listen : { unix: listen.slice(5), mode: 0o666 };
        const server = serve((request) => new Response(`${name} got ${request.url}`), {
          listen: [address],
        });
        started.use(server);
        await server.ready;
        listens[name] = listen;
        mkdirSync(join(folder, name));
        writeFileSync(join(folder, name, "own.txt"), `the file of ${name}`);
      }
    });
    afterAll(() => started.disposeAsync());

    const site = (name: Name, options: ConfigOptions): Placed => ({
      place: places[web](name),
      text: printConfig(web, { listen: listens[name], name, site: true, ...options }),
    });
    const get = async (port: number, path: string, host = "example.com") => {
      const reply = await exchange(
        port,
        `GET ${path} HTTP/1.1\r\nHost: ${host}:${port}\r\nConnection: close\r\n\r\n`,
      );
      return reply.body;
    };

    test("are chosen by host", async () => {
      // lighttpd has one port for all hosts, as Debian does it.
      const own = web === "lighttpd" ? undefined : await freePort();
      const files = names.map((name) => site(name, { host: `${name}.example`, port: own }));
      await using server = await startDebian(web, files, own === undefined ? [] : [own]);
      const port = own ?? server.port;
      for (const name of names) {
        const host = `${name}.example`;
        expect(await get(port, "/a?b", host)).toBe(`${name} got http://${host}:${port}/a?b`);
      }
      expect(await get(server.port, "/", "other.example")).not.toContain("got");
      if (web === "lighttpd") {
        expect(await get(port, "/a%2Fb", "shop.example")).toEndWith("/a%2Fb");
        // As the printed comment says of Debian's own settings.
        for (const path of ["/a~", "/a.inc"]) {
          expect(await get(port, path, "shop.example")).not.toContain("got");
        }
      }
      expect(server.said()).not.toMatch(/warn|conflicting|duplicate/i);
    });

    test("are chosen by the prefix of a mount, with files of their own", async () => {
      const port = await freePort();
      const mounted = (name: Name): ConfigOptions => ({
        port,
        host: "example.com",
        mount: `/${name}`,
        static: join(folder, name),
      });
      const files = names.map((name): Placed => {
        if (web === "lighttpd" || name === "shop") return site(name, mounted(name));
        const text = printConfig(web, {
          ...mounted(name),
          listen: listens[name],
          name,
          location: true,
        });
        return { place: `example.com.d/${name}.conf`, text };
      });
      await using server = await startDebian(web, files, [port]);
      for (const name of names) {
        for (const path of [`/${name}`, `/${name}/`, `/${name}/a?b`]) {
          expect(await get(port, path)).toBe(`${name} got http://example.com:${port}${path}`);
        }
        expect(await get(port, `/${name}/own.txt`)).toBe(`the file of ${name}`);
        expect(await get(port, `/${name}x`)).not.toContain("got");
      }
      expect(server.said()).not.toMatch(/warn|conflicting|duplicate/i);
    });

    test("are chosen by port", async () => {
      const ports = { shop: await freePort(), blog: await freePort(), "my-wiki": await freePort() };
      const files = names.map((name) => site(name, { port: ports[name] }));
      await using server = await startDebian(web, files, Object.values(ports));
      for (const name of names) {
        const origin = `http://127.0.0.1:${ports[name]}`;
        expect(await (await fetch(`${origin}/a`)).text()).toBe(`${name} got ${origin}/a`);
      }
      expect(server.said()).not.toMatch(/warn|conflicting|duplicate/i);
    });
  });
}

describeWith("nginx", "The locations of an app", () => {
  test("stand in its printed site beside those of another app, with all that each can have", async () => {
    const of = (name: Name, more: ConfigOptions): string =>
      printConfig("nginx", {
        name,
        mount: `/${name}`,
        static: "/srv",
        sendFile: "/usr/share",
        auth: `/${name}/auth`,
        ...more,
      });
    const port = await freePort();
    const files = [
      { place: "conf.d/shop.conf", text: of("shop", { site: true, port }) },
      { place: "example.com.d/blog.conf", text: of("blog", { location: true }) },
      { place: "example.com.d/my-wiki.conf", text: of("my-wiki", { location: true }) },
    ];
    await using server = await startDebian("nginx", files, [port]);
    expect(server.said()).not.toMatch(/warn|emerg/);
  });
});
