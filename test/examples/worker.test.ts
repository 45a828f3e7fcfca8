/** The Worker-style example, with its bindings. */

import { describe, expect, test } from "bun:test";
import { ask } from "../behaviour/client.ts";
import { freePort } from "../support/address.ts";
import { eventually } from "../support/eventually.ts";
import { runtimes, startScript } from "../support/server.ts";

describe.each(runtimes)("the worker (%s)", (runtime) => {
  test("has its settings and secrets, and counts after the reply", async () => {
    const listen = `127.0.0.1:${await freePort()}`;
    const bindings = ["--binding", "GREETING=Hello", "--binding", "API_TOKEN"];
    const words = ["src/cli.ts", "serve", "examples/worker/worker.ts", "--listen", listen];
    await using _server = await startScript(runtime, [...words, ...bindings], {
      env: { API_TOKEN: "secret" },
    });
    expect((await ask(listen, "/ada")).text).toBe("Hello, ada\n");
    expect((await ask(listen, "/")).text).toBe("Hello, world\n");
    expect((await ask(listen, "/visits")).status).toBe(401);
    const variables = { HTTP_AUTHORIZATION: "Bearer secret" };
    const visits = async () => (await ask(listen, "/visits", { variables })).json();
    await eventually(visits, (seen) => Bun.deepEquals(seen, { ada: 1, world: 1 }));
  });
});
