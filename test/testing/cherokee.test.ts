/** What `call` sends in the name of Cherokee, beside requests that were captured from it. */

import { expect, test } from "bun:test";
import { call } from "../../src/testing.ts";
import { Decoder, readVariables, toEnv } from "../../src/protocol.ts";
import { readCapture } from "../cgi/map-capture.ts";

interface Case {
  url: string;
  method?: string;
  mount?: string;
  headers?: Record<string, string>;
  body?: string;
}

const LOCAL = "http://localhost:18200";
const CLOSE = { connection: "close" };
const CURL = { "user-agent": "curl/7.88.1", accept: "*/*" };

const CASES: Record<string, Case> = {
  "cherokee-get": {
    url: `${LOCAL}/a/b?x=1&y=%20`,
    headers: { accept: "*/*", "user-agent": "t", ...CLOSE },
  },
  "cherokee-get-root": { url: `${LOCAL}/`, headers: CLOSE },
  "cherokee-app-prefix": { url: `${LOCAL}/app/x/y?z=1`, mount: "/app", headers: CLOSE },
  "cherokee-app-prefix-slash": { url: `${LOCAL}/app/`, mount: "/app", headers: CLOSE },
  "cherokee-slashslash": { url: `${LOCAL}//a///b`, headers: CLOSE },
  "cherokee-range": { url: `${LOCAL}/r`, headers: { range: "bytes=0-0", ...CLOSE } },
  "cherokee-utf8-header": {
    url: `${LOCAL}/h`,
    headers: { "x-u": "\xc3\xa9", "x-l": "\xe9", ...CLOSE },
  },
  "cherokee-known-not-passed": {
    url: `${LOCAL}/k`,
    headers: {
      ...{
        "cache-control": "no-cache",
        dnt: "1",
        upgrade: "x",
        expect: "",
        "x-real-ip": "1.1.1.1",
      },
      ...{ "content-encoding": "gzip", location: "/", "set-cookie": "a=1", "x-empty": "" },
      ...{ pragma: "no-cache", te: "trailers", origin: "http://o", "if-match": '"x"' },
      ...{ "if-unmodified-since": "now", date: "today", via: "1.1 x", forwarded: "for=1" },
      ...{ "x-forwarded-proto": "https", "x-forwarded-port": "1", "x-forwarded-host": "fh" },
      ...{ "keep-alive": "300", ...CLOSE },
    },
  },
  "cherokee-put": { url: `${LOCAL}/p`, method: "PUT", body: "hello", headers: CLOSE },
  "cherokee-delete-body": { url: `${LOCAL}/p`, method: "DELETE", body: "hello", headers: CLOSE },
  "cherokee-options-path": { url: `${LOCAL}/o`, method: "OPTIONS", headers: CLOSE },
  "cherokee-curl-get": { url: "http://127.0.0.1:18200/hello?x=1", headers: CURL },
  "cherokee-curl-post": {
    url: "http://127.0.0.1:18200/form",
    method: "POST",
    body: "a=1&b=2",
    headers: { "content-type": "application/x-www-form-urlencoded", ...CURL },
  },
};

/** The env and the body of a captured request, with the folders and the port of `call`. */
function captured(name: string): { env: Record<string, unknown>; body: string } {
  const decoder = new Decoder();
  const body = decoder.push(readCapture(`${name}.bin`));
  const env = toEnv(readVariables(decoder.head!));
  for (const variable of ["DOCUMENT_ROOT", "PATH_TRANSLATED"]) {
    env[variable] = String(env[variable]).replace("/srv/www", "/var/www/html");
  }
  const search = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  return {
    env: { ...env, PATH: search, REMOTE_PORT: "49152" },
    body: new TextDecoder().decode(body),
  };
}

for (const [name, { url, mount, body, ...init }] of Object.entries(CASES)) {
  test(`call gives the app what Cherokee gave it: ${name}`, async () => {
    let given: unknown;
    const app = async (request: Request, env: Record<string, unknown>) => {
      given = { env: { ...env }, body: await request.text() };
      return new Response();
    };
    const bytes = body === undefined ? {} : { body: new TextEncoder().encode(body) };
    const request = new Request(url, { ...init, ...bytes });
    await call(app, request, { server: "cherokee", mount });
    expect(given).toEqual(captured(name));
  });
}

test("call gives the app https, and a user, as Cherokee tells them", async () => {
  let given: Record<string, unknown> = {};
  const app = (request: Request, env: Record<string, unknown>) => {
    given = { ...env, url: request.url };
    return new Response();
  };
  await call(app, "https://example.com/caf%C3%A9?", { server: "cherokee", remoteUser: "Zoë" });
  expect(given).toMatchObject({
    HTTPS: "on",
    SERVER_PORT: "443",
    SERVER_NAME: "example.com",
    REQUEST_URI: "/café",
    REMOTE_USER: "Zoë",
    AUTH_TYPE: "Basic",
    url: "https://example.com/caf%C3%A9",
  });
});

test("call refuses the request that Cherokee redirects", async () => {
  const called = call(() => new Response(), "/app?x", { server: "cherokee", mount: "/app" });
  await expect(called).rejects.toThrow("Cherokee redirects /app to /app/ itself");
});
