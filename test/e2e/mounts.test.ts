/** Apps that the web servers mount under /app, as `scgi config … --mount /app` prints it. */

import { expect, test } from "bun:test";
import { describeStacks, type Stack } from "../support/stack.ts";
import type { Mounted } from "./mounted.ts";
import { client, header } from "./client.ts";
import { features } from "./feature.ts";

const mount = "/app";

/** What SCRIPT_NAME and PATH_INFO are for `/app/files/a b`: not what CGI means them to be. */
const TOLD = {
  nginx: {},
  lighttpd: { script: "/app", info: "/files/a b" },
  apache: { script: "/app/files/a b" },
};

describeStacks(
  "An app under a prefix that is taken off",
  { module: "test/e2e/mounted.ts", mount, args: ["--strip-prefix", mount] },
  (stack, on) => {
    const { get } = client(stack);
    const mounted = ask(stack);

    features(on)(
      "Mounted under a prefix, with `stripPrefix`",
      "routes on its own paths",
      async () => {
        const file = await mounted("/app/files/a%20b?c=d%2Fe");
        expect(file).toMatchObject({ route: "file", name: "a b" });
        expect(file.url).toBe("http://a/files/a%20b?c=d%2Fe");
        expect(await mounted("/app/")).toMatchObject({ route: "home", url: "http://a/" });
        expect(await mounted("/app?x")).toMatchObject({ route: "home", url: "http://a/?x" });
      },
    );

    test("sees the web server's own idea of the prefix in its variables", async () => {
      const { script, info } = await mounted("/app/files/a%20b");
      expect({ script, info }).toEqual(TOLD[on.web] as { script: string; info: string });
    });

    test("is not asked for what lies beside its prefix", async () => {
      for (const path of ["/apps/files/x", "/files/x"]) {
        const { status, body } = await get(path);
        // What Debian's Apache says of its own files, where there is no site.
        expect(status).toBe(on.web === "apache" ? 403 : 404);
        expect(body).toMatch(/<title>40/);
      }
    });

    test("redirects to where it says", async () => {
      const reply = await get("/app/away");
      expect([reply.status, header(reply, "location")]).toEqual([302, "/login"]);
    });
  },
);

describeStacks(
  "An app under a prefix that it knows",
  { module: "test/e2e/mounted-base.ts", mount },
  (stack, on) => {
    const mounted = ask(stack);

    features(on)(
      "Mounted under a prefix, with Hono's `basePath`",
      "routes on its own paths",
      async () => {
        const file = await mounted("/app/files/a%20b?c=d%2Fe");
        expect(file).toMatchObject({ route: "file", name: "a b" });
        expect(file.url).toBe("http://a/app/files/a%20b?c=d%2Fe");
        expect(await mounted("/app")).toMatchObject({ route: "home", url: "http://a/app" });
      },
    );
  },
);

function ask(stack: () => Stack) {
  const { get } = client(stack);
  return async (path: string): Promise<Mounted> => JSON.parse((await get(path)).body);
}
