/** Helpers for Hono apps. */

import { describe, expect, test } from "bun:test";
import { Hono } from "hono";
import { type Bindings, getConnInfo } from "../src/cgi/conn-info.ts";
import { call } from "./support/call.ts";

const app = new Hono<{ Bindings: Bindings }>().get("/", (c) => c.json(getConnInfo(c)));

/** What getConnInfo makes of these variables. */
async function remote(variables: Record<string, string>): Promise<unknown> {
  return JSON.parse((await call(app, { variables })).body).remote;
}

describe("getConnInfo gives the browser's", () => {
  test("address and port, as the web server tells them", async () => {
    const variables = { REMOTE_ADDR: "192.0.2.1", REMOTE_PORT: "50000" };
    expect(await remote(variables)).toEqual({
      address: "192.0.2.1",
      addressType: "IPv4",
      port: 50000,
      transport: "tcp",
    });
  });

  test("address alone where there is no port", async () => {
    expect(await remote({ REMOTE_ADDR: "2001:db8::1", REMOTE_PORT: "" })).toEqual({
      address: "2001:db8::1",
      addressType: "IPv6",
    });
  });

  test("nothing where the web server tells nothing", async () => {
    expect(await remote({})).toEqual({});
    expect(await remote({ REMOTE_ADDR: "" })).toEqual({});
  });
});

test("getConnInfo gives nothing for a request that no server made", async () => {
  expect(await (await app.request("/")).json()).toEqual({ remote: {} });
});
