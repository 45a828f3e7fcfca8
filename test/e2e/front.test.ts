/** What the web server does before the app is asked: TLS, passwords. */

import { expect, test } from "bun:test";
import { describeStacks } from "../support/stack.ts";
import { certificate, PASSWORD, USER } from "../support/web-server.ts";
import type { Mirror } from "./app.ts";
import { client } from "./client.ts";
import { features } from "./feature.ts";

const basic = (user: string, password: string) => ({
  headers: { authorization: `Basic ${btoa(`${user}:${password}`)}` },
});

describeStacks("The front", { module: "test/e2e/app.ts" }, (stack, on) => {
  const { ask, mirror } = client(stack);
  const feature = features(on);

  feature("`https:` in `request.url` behind TLS", "takes TLS off, and tells the app", async () => {
    const { secureOrigin } = stack().web;
    const reply = await fetch(`${secureOrigin}/a?b`, { tls: { ca: certificate() } });
    const seen: Mirror = await reply.json();
    expect(seen.url).toBe(`${secureOrigin}/a?b`);
    expect(seen.env.HTTPS).toBe("on");
    expect((await mirror("/a?b")).env.HTTPS).toBeUndefined();
  });

  feature("`REMOTE_USER` from basic auth", "tells who gave the right password", async () => {
    const seen = await mirror("/private/diary", basic(USER, PASSWORD));
    expect(seen.env.REMOTE_USER).toBe(USER);
  });

  test("asks for a password itself", async () => {
    for (const init of [undefined, basic(USER, "wrong"), basic("eve", PASSWORD)]) {
      const reply = await ask("/private/diary", init);
      expect(reply.status).toBe(401);
      expect(reply.headers.get("www-authenticate")).toStartWith('Basic realm="private"');
    }
  });

  feature("`Authorization` reaches the app", "leaves other passwords to the app", async () => {
    const init = basic("somebody", "else");
    expect((await mirror("/", init)).headers.authorization).toBe(init.headers.authorization);
  });

  // nginx's $remote_user is what the client says, wherever no auth_basic checks it.
  const forged = on.web === "nginx" ? "eve" : undefined;
  test(`where it asks for no password, says that REMOTE_USER is ${forged}`, async () => {
    expect((await mirror("/", basic("eve", "x"))).env.REMOTE_USER).toBe(forged!);
  });
});
