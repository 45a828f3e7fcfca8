/**
 * SCGI clients beside the four web servers, each as its source or its specification has it: what
 * they send, byte by byte over a socket, and how they read the reply.
 */

import { expect, test } from "bun:test";
import { describeTargets, type TestServer } from "../targets.ts";
import { readCapture } from "../../cgi/map-capture.ts";
import { bytes, frame } from "../../support/wire.ts";
import { accept, type Accepted } from "./accept.ts";
import type { Told } from "./app.ts";

/** Sends everything, reads to the server's end, and leaves as the client in question does. */
async function replay(
  server: TestServer,
  request: Uint8Array,
  { method = "GET", resets = false } = {},
): Promise<Accepted> {
  const peer = await server.open();
  await peer.send(request);
  expect(await peer.ended).toBe("end");
  if (resets) peer.reset();
  else peer.finish();
  await peer.closed;
  expect(peer.errors).toEqual([]);
  return accept(peer.received, method);
}

const app = { module: "test/behaviour/replay/app.ts", args: ["--binding", "REPLY=told"] };

describeTargets("SCGI clients", app, (server) => {
  const told = async (request: Uint8Array, how?: { method?: string; resets?: boolean }) => {
    const reply = await replay(server, request, how);
    expect(reply.status).toBe(200);
    return JSON.parse(reply.body) as Told;
  };

  test("the specification's example", async () => {
    const request = "70:CONTENT_LENGTH\\027\\0SCGI\\01\\0REQUEST_METHOD\\0POST\\0" +
      "REQUEST_URI\\0/deepthought\\0,What is the answer to life?";
    expect(await told(bytes(request.replaceAll("\\0", "\0")), { method: "POST" })).toEqual({
      method: "POST",
      url: "http://localhost/deepthought",
      body: "What is the answer to life?",
    });
  });

  test("cgi2scgi, which another web server runs as a CGI program", async () => {
    const url = "http://example.test/cgi-bin/cgi2scgi/a%20b/c?x=1";
    expect(await told(readCapture("cgi2scgi-get.bin"))).toEqual({ method: "GET", url, body: "" });
    expect(await told(readCapture("cgi2scgi-post.bin"), { method: "POST" }))
      .toEqual({ method: "POST", url, body: "hello" });
  });

  test("the original mod_scgi", async () => {
    expect(await told(modScgi("GET"))).toEqual({ method: "GET", url: MOD_SCGI_URL, body: "" });
    expect(await told(modScgi("POST", "a=1"), { method: "POST" }))
      .toEqual({ method: "POST", url: MOD_SCGI_URL, body: "a=1" });
  });

  test("IIS's isapi_scgi, which sends no REQUEST_URI and leaves with a reset", async () => {
    expect(await told(isapi("GET", "/app", "/orders/50% of ü?"), { resets: true })).toEqual({
      method: "GET",
      url: "http://iis.example/app/orders/50%25%20of%20%C3%BC%3F?x=%20y",
      body: "",
    });
    expect(await told(isapi("POST", "", "/whole/path", "a=1"), { method: "POST", resets: true }))
      .toEqual({ method: "POST", url: "http://iis.example/whole/path?x=%20y", body: "a=1" });
  });

  test("one that leaves CONTENT_LENGTH out is told so", async () => {
    const request = bytes(frame(["SCGI", "1", "REQUEST_METHOD", "GET", "REQUEST_URI", "/"]));
    const { status, body } = await replay(server, request);
    expect(status).toBe(400);
    expect(body).toContain("CONTENT_LENGTH");
  });

  test("leave nothing in the log but that one", () => {
    const log = server.process.stderr().split("\n").filter((line) => line !== "");
    expect(log.filter((line) => !line.includes("CONTENT_LENGTH"))).toEqual([]);
  });
});

const MOD_SCGI_URL = "http://mod-scgi.example:8080/app/a%20b?x=1";

/**
 * Apache's mod_scgi: every request header is passed, Proxy and the two of the body too, and what
 * the server's environment holds comes once more at the end.
 */
function modScgi(method: string, body = ""): Uint8Array {
  const length = String(body.length);
  const sent = body === ""
    ? []
    : ["HTTP_CONTENT_LENGTH", length, "HTTP_CONTENT_TYPE", "text/plain"];
  return bytes(frame([
    ...["CONTENT_LENGTH", length, "SCGI", "1"],
    ...["SERVER_SOFTWARE", "Apache/2.2.34 (Unix) mod_scgi/1.14", "SERVER_PROTOCOL", "HTTP/1.1"],
    ...["SERVER_NAME", "mod-scgi.example", "SERVER_ADMIN", "you@example.com"],
    ...["SERVER_ADDR", "127.0.0.1", "SERVER_PORT", "8080"],
    ...["REMOTE_ADDR", "192.0.2.1", "REMOTE_PORT", "50000"],
    ...["REQUEST_METHOD", method, "REQUEST_URI", "/app/a%20b?x=1", "QUERY_STRING", "x=1"],
    ...["SCRIPT_NAME", "/app", "PATH_INFO", "/a b"],
    ...(body === "" ? [] : ["CONTENT_TYPE", "text/plain"]),
    ...["DOCUMENT_ROOT", "/srv/www", "HTTP_HOST", "mod-scgi.example:8080"],
    ...["HTTP_PROXY", "http://evil.example", "HTTP_AUTHORIZATION", "Basic YTpi", ...sent],
    ...["SCRIPT_NAME", "/app", "HTTPS", "off", "SERVER_NAME", "mod-scgi.example"],
  ], body));
}

/** IIS's isapi_scgi: paths are decoded, the header fields are a fixed list, SCGI comes last. */
function isapi(method: string, script: string, info: string, body = ""): Uint8Array {
  const utf8 = Buffer.from(info).toString("latin1");
  return bytes(frame([
    ...["CONTENT_LENGTH", String(body.length), "PATH_INFO", utf8],
    ...["PATH_TRANSLATED", `C:\\inetpub${utf8}`, "QUERY_STRING", "x=%20y"],
    ...["CONTENT_TYPE", body === "" ? "" : "text/plain", "AUTH_TYPE", ""],
    ...["GATEWAY_INTERFACE", "CGI/1.1", "REMOTE_ADDR", "192.0.2.1", "REMOTE_HOST", "192.0.2.1"],
    ...["REMOTE_USER", "", "REQUEST_METHOD", method, "SCRIPT_NAME", script],
    ...["SERVER_NAME", "iis.example", "SERVER_PORT", "80", "SERVER_PROTOCOL", "HTTP/1.1"],
    ...["SERVER_SOFTWARE", "Microsoft-IIS/10.0", "HTTP_ACCEPT", "*/*", "HTTP_COOKIE", "a=1"],
    ...["HTTP_HOST", "iis.example", "HTTP_USER_AGENT", "Mozilla/5.0"],
    ...["HTTPS", "off", "HTTPS_KEYSIZE", "", "CERT_SUBJECT", "", "SCGI", "1"],
  ], body));
}
