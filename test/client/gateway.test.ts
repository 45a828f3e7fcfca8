/** A fetch handler that forwards to an SCGI server. */

import { describe, expect, test } from "bun:test";
import { Hono } from "hono";
import { gateway } from "../../src/gateway.ts";
import { freePort } from "../support/address.ts";
import { Answering } from "../support/answering.ts";
import { eventually } from "../support/eventually.ts";
import { refusal } from "../support/refusal.ts";

const OK = "Status: 200 OK\r\nContent-Length: 2\r\n\r\nOK";
const request = (url = "http://h/", init?: RequestInit) => new Request(url, init);
const noneOpen = (server: Answering) => eventually(() => server.open, (open) => open === 0);

/** A gateway, and the codes of what its `onError` is told. */
function telling(to: Answering["address"], options = {}) {
  const codes: string[] = [];
  const onError = (error: unknown) => void codes.push((error as { code: string }).code);
  return { codes, forward: gateway({ to, onError, ...options }) };
}

describe("the variables of a request", () => {
  test("are those of RFC 3875, with the address of the one who asks", async () => {
    await using server = await Answering.start(OK);
    const forward = gateway({ to: server.address });
    const init = { method: "POST", body: "abc", headers: { "content-type": "a/b" } };
    await forward(request("http://example.com/a%2Fb/c?d=e", init), {
      REMOTE_ADDR: "192.0.2.7",
      REMOTE_PORT: "4711",
    });
    expect(server.variables).toEqual({
      CONTENT_LENGTH: "3",
      SCGI: "1",
      REQUEST_METHOD: "POST",
      REQUEST_URI: "/a%2Fb/c?d=e",
      SCRIPT_NAME: "",
      PATH_INFO: "/a/b/c",
      DOCUMENT_URI: "/a/b/c",
      QUERY_STRING: "d=e",
      SERVER_PROTOCOL: "HTTP/1.1",
      GATEWAY_INTERFACE: "CGI/1.1",
      SERVER_SOFTWARE: "scgi",
      REQUEST_SCHEME: "http",
      SERVER_NAME: "example.com",
      SERVER_PORT: "80",
      CONTENT_TYPE: "a/b",
      HTTP_HOST: "example.com",
      REMOTE_ADDR: "192.0.2.7",
      REMOTE_PORT: "4711",
    });
  });

  const askers: Record<string, [env: unknown, expected: string[]]> = {
    "the variables of another gateway": [
      { REMOTE_ADDR: "2001:db8::7", REMOTE_PORT: "1" },
      ["2001:db8::7", "1"],
    ],
    "the env of Bun's HTTP server": [
      { requestIP: () => ({ address: "192.0.2.7", port: 2, family: "IPv4" }) },
      ["192.0.2.7", "2"],
    ],
    "the info of Deno's HTTP server": [
      { remoteAddr: { transport: "tcp", hostname: "192.0.2.7", port: 3 } },
      ["192.0.2.7", "3"],
    ],
    "one over a Unix socket": [{ requestIP: () => null }, []],
    "nothing": [undefined, []],
  };
  for (const [name, [env, expected]] of Object.entries(askers)) {
    test(`tell who asks from ${name}`, async () => {
      await using server = await Answering.start(OK);
      await gateway({ to: server.address })(request(), env);
      const { REMOTE_ADDR, REMOTE_PORT } = server.variables;
      expect([REMOTE_ADDR, REMOTE_PORT].flatMap((value) => value ?? [])).toEqual(expected);
    });
  }

  test("cannot be set by a client's headers", async () => {
    await using server = await Answering.start(OK);
    const headers = { "remote-user": "eve", "remote_user": "eve", "proxy": "http://evil" };
    await gateway({ to: server.address })(request("http://h/", { headers }));
    const { HTTP_REMOTE_USER, REMOTE_USER, HTTP_PROXY } = server.variables;
    expect([HTTP_REMOTE_USER, REMOTE_USER, HTTP_PROXY]).toEqual(["eve", undefined, undefined]);
  });
});

describe("a request that is refused", () => {
  /** What comes of a request; `as` is what its method or its URL is, where not all runtimes can. */
  const asked = async (path: string, init?: RequestInit, options = {}, as = {}) => {
    await using server = await Answering.start(OK);
    const { codes, forward } = telling(server.address, options);
    const asIs = Object.entries(as).map(([name, value]) => [name, { value }]);
    const asking = Object.defineProperties(
      request(`http://h${path}`, init),
      Object.fromEntries(asIs),
    );
    const { status } = await forward(asking);
    return [status, server.received, codes];
  };

  test("has a host that is none", async () => {
    const hosts = ["", "a b", "a/b", "a?b", "a#b", "a\\b", "u@h", "h, h", "[::1", "h:99999"];
    for (const host of hosts) {
      expect([host, ...await asked("/", { headers: { host } })]).toEqual([host, 400, "", []]);
    }
  });

  test("has a control character in a field, or a password in its URL", async () => {
    for (const x of ["a\x01b", "a\x7fb", "a\x1bb"]) {
      expect(await asked("/", { headers: { x } })).toEqual([400, "", []]);
    }
    for (const url of ["http://user:password@h/", "ftp://h/", "h:80", ""]) {
      expect([url, ...await asked("/", {}, {}, { url })]).toEqual([url, 400, "", []]);
    }
  });

  test("has a method that no Request has", async () => {
    for (const method of ["TRACE", "TRACK", "CONNECT"]) {
      expect(await asked("/", {}, {}, { method })).toEqual([501, "", []]);
    }
  });

  test("leads out of its basePath once it is decoded", async () => {
    for (const path of ["..%2fsecret", "%2e%2e%2Fsecret", "a%2f..%2f..%2fsecret", "..%5csecret"]) {
      const outcome = await asked(`/app/${path}`, {}, { basePath: "/app" });
      expect(outcome).toEqual([404, "", []]);
      expect(await asked(`/${path}`)).toEqual([404, "", []]);
    }
    const [status] = await asked("/app/a%2f..%2fb..", {}, { basePath: "/app" });
    expect(status).toBe(200);
  });
});

test("a target in the place of the URL is one of the host, or of localhost", async () => {
  await using server = await Answering.start(OK);
  const forward = gateway({ to: server.address });
  for (const [host, authority] of [["h", "h"], [undefined, "localhost"]]) {
    const init = host === undefined ? {} : { headers: { host } };
    await forward(
      Object.defineProperty(request("http://x/", init), "url", { value: "//evil/../a?b" }),
    );
    const { REQUEST_URI, HTTP_HOST } = server.variables;
    expect([REQUEST_URI, HTTP_HOST]).toEqual(["//a?b", authority]);
  }
});

test("the authority of the URL is that of the request, where Host names another", async () => {
  await using server = await Answering.start(OK);
  const forward = gateway({ to: server.address });
  const hosts = [];
  for (const host of ["other:99", "H", "h:80", "h:8080"]) {
    await forward(request("http://h/a?#b", { headers: { host } }));
    const { HTTP_HOST, SERVER_NAME, SERVER_PORT, REQUEST_URI } = server.variables;
    hosts.push([HTTP_HOST, SERVER_NAME, SERVER_PORT, REQUEST_URI]);
  }
  // What is the same to a URL is as the client wrote it.
  expect(hosts).toEqual([
    ["h", "h", "80", "/a?"],
    ["H", "h", "80", "/a?"],
    ["h:80", "h", "80", "/a?"],
    ["h", "h", "80", "/a?"],
  ]);
});

describe("mounted", () => {
  test("its basePath is SCRIPT_NAME, and the rest PATH_INFO", async () => {
    await using server = await Answering.start(OK);
    const forward = gateway({ to: server.address, basePath: "/my app/" });
    const seen = [];
    for (const path of ["/my%20app", "/my%20app/", "/my%20app/a%20b?c"]) {
      expect((await forward(request(`http://h${path}`))).status).toBe(200);
      const { REQUEST_URI, SCRIPT_NAME, PATH_INFO } = server.variables;
      seen.push([REQUEST_URI, SCRIPT_NAME, PATH_INFO]);
    }
    expect(seen).toEqual([
      ["/my%20app", "/my app", ""],
      ["/my%20app/", "/my app", "/"],
      ["/my%20app/a%20b?c", "/my app", "/a b"],
    ]);
  });

  test("what is not below its basePath is not found", async () => {
    const forward = gateway({ to: 1, basePath: "/app" });
    for (const path of ["/", "/apple", "/other/app"]) {
      expect((await forward(request(`http://h${path}`))).status).toBe(404);
    }
  });

  test("it serves a part of a Hono app, in each of Hono's ways", async () => {
    await using server = await Answering.start(OK);
    const mounted = gateway({ to: server.address, basePath: "/mounted" });
    const whole = gateway({ to: server.address });
    const app = new Hono()
      .get("/", (c) => c.text("own"))
      .all("/route/*", (c) => whole(c.req.raw, c.env))
      .mount("/mounted", mounted, { replaceRequest: false })
      .mount("/stripped", whole);
    const env = { REMOTE_ADDR: "192.0.2.7" };
    expect(await (await app.request("/", {}, env)).text()).toBe("own");
    const seen = [];
    for (const path of ["/route/a?b", "/mounted/a?b", "/stripped/a?b"]) {
      expect(await (await app.request(path, {}, env)).text()).toBe("OK");
      const { REMOTE_ADDR, REQUEST_URI, SCRIPT_NAME, PATH_INFO } = server.variables;
      seen.push([REMOTE_ADDR, REQUEST_URI, SCRIPT_NAME, PATH_INFO]);
    }
    expect(seen).toEqual([
      ["192.0.2.7", "/route/a?b", "", "/route/a"],
      ["192.0.2.7", "/mounted/a?b", "/mounted", "/a"],
      ["192.0.2.7", "/a?b", "", "/a"],
    ]);
  });

  test("a basePath without a slash, and other options that cannot be, are refused", () => {
    expect(refusal(() => gateway({ to: 1, basePath: "app" }))).toMatchObject({
      code: "OPTION_INVALID",
      message: 'basePath is "app", and must begin with a slash',
    });
    expect(refusal(() => gateway({ to: 1, replyTimeout: 0.5 })).code).toBe("OPTION_INVALID");
    expect(refusal(() => gateway({ to: "fd:3" })).code).toBe("ADDRESS_INVALID");
  });
});

test("a reply with a control character in its head is a 502", async () => {
  const lines = ["X: a\x01b", "X: a\0b", "X: a\rb", "X: a\x7fb", "X:\ra", "Set-Cookie: a\x1b"];
  for (const line of [...lines, "Status: 200 O\x01K", "X\x01Y: a"]) {
    await using server = await Answering.start(`${line}\r\n\r\nOK`);
    const { codes, forward } = telling(server.address);
    const response = await forward(request());
    expect([line, response.status, await response.text()]).toEqual([line, 502, "Bad Gateway\n"]);
    expect(codes).toEqual(["REPLY_INVALID"]);
    await noneOpen(server);
  }
});

test("a reply that can have no body declares none", async () => {
  for (const status of [204, 205]) {
    await using server = await Answering.start(`Status: ${status}\r\nContent-Length: 2\r\n\r\nOK`);
    const response = await gateway({ to: server.address })(request());
    expect([response.status, response.headers.get("content-length")]).toEqual([status, null]);
  }
});

test("fields that concern one connection are not in the reply", async () => {
  await using server = await Answering.start(
    "Status: 200 OK\r\nConnection: close, X-Hop, é\r\nX-Hop: 1\r\nKeep-Alive: 5\r\n" +
      "Transfer-Encoding: chunked\r\nUpgrade: h2c\r\nSet-Cookie: a\r\nSet-Cookie: b\r\n\r\n",
  );
  const { headers } = await gateway({ to: server.address })(request());
  expect([...headers]).toEqual([["set-cookie", "a"], ["set-cookie", "b"]]);
});

describe("a server that", () => {
  test("refuses is a 502 with a plain page", async () => {
    const { codes, forward } = telling(await freePort());
    const response = await forward(request());
    expect([response.status, await response.text()]).toEqual([502, "Bad Gateway\n"]);
    expect(response.headers.get("content-type")).toBe("text/plain;charset=UTF-8");
    expect(codes).toEqual(["CONNECT_FAILED"]);
  });

  test("refuses is a 502 also where onError throws", async () => {
    const onError = () => {
      throw new Error("in onError");
    };
    const { error } = console;
    console.error = () => {};
    const response = await gateway({ to: await freePort(), onError })(request());
    console.error = error;
    expect(response.status).toBe(502);
  });

  test("answers with garbage is a 502", async () => {
    await using server = await Answering.start("garbage\n\n");
    const { codes, forward } = telling(server.address);
    expect((await forward(request())).status).toBe(502);
    expect(codes).toEqual(["REPLY_INVALID"]);
  });

  test("never answers is a 504", async () => {
    await using server = await Answering.start(() => {});
    const { codes, forward } = telling(server.address, { replyTimeout: 50 });
    const response = await forward(request());
    expect([response.status, await response.text()]).toEqual([504, "Gateway Timeout\n"]);
    expect(codes).toEqual(["REPLY_TIMEOUT"]);
    await noneOpen(server);
  });

  test("breaks off its reply breaks off that of the gateway", async () => {
    await using server = await Answering.start("Content-Length: 9\r\n\r\nfirst");
    const text = gateway({ to: server.address })(request()).then((response) => response.text());
    await expect(text).rejects.toThrow("is invalid");
  });
});

test("an upload without a length over maxBufferedBytes is a 413", async () => {
  await using server = await Answering.start(OK);
  const { codes, forward } = telling(server.address, { maxBufferedBytes: 2 });
  const body = new Blob(["abc"]).stream();
  const init = { method: "POST", body, duplex: "half" } as RequestInit;
  expect((await forward(request("http://h/", init))).status).toBe(413);
  expect(codes).toEqual(["BODY_TOO_LARGE"]);
});

test("an upload that its sender breaks off is nobody's error", async () => {
  await using server = await Answering.start(OK);
  const { codes, forward } = telling(server.address);
  const body = new ReadableStream({ pull: (controller) => controller.error(new Error("left")) });
  const headers = { "content-length": "9" };
  const init = { method: "POST", body, headers, duplex: "half" } as RequestInit;
  expect((await forward(request("http://h/", init))).status).toBe(400);
  expect(codes).toEqual([]);
  await noneOpen(server);
});

test("who leaves ends the connection to the server, before its reply and during it", async () => {
  await using silent = await Answering.start(() => {});
  const before = new AbortController();
  const { codes, forward } = telling(silent.address);
  const reply = forward(request("http://h/", { signal: before.signal }));
  await eventually(() => silent.open, (open) => open === 1);
  before.abort();
  await reply;
  await noneOpen(silent);
  expect(codes).toEqual([]);

  await using begun = await Answering.start((socket) => void socket.write("A: b\r\n\r\nfirst"));
  const during = new AbortController();
  const init = { signal: during.signal };
  const response = await gateway({ to: begun.address })(request("http://h/", init));
  during.abort();
  await expect(response.text()).rejects.toThrow();
  await noneOpen(begun);
});
