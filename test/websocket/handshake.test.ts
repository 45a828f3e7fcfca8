/** The check of a handshake, by RFC 6455, section 4.2.1, and by what web servers can carry. */

import { describe, expect, test } from "bun:test";
import { checkHandshake, type Handshake, type Refusal } from "../../src/websocket/handshake.ts";

/** What nginx sends of a client's handshake. */
const NGINX = {
  REQUEST_METHOD: "GET",
  SERVER_PROTOCOL: "HTTP/1.1",
  HTTP_UPGRADE: "websocket",
  HTTP_CONNECTION: "Upgrade",
  HTTP_SEC_WEBSOCKET_KEY: "dGhlIHNhbXBsZSBub25jZQ==",
  HTTP_SEC_WEBSOCKET_VERSION: "13",
};
type Changes = Record<string, string | undefined>;

const check = (changes: Changes = {}, contentLength = 0, carried?: boolean) =>
  checkHandshake({ ...NGINX, ...changes }, contentLength, carried);

test("a handshake is accepted, with what the client offers", () => {
  expect(check({
    HTTP_SEC_WEBSOCKET_PROTOCOL: "chat, superchat",
    HTTP_SEC_WEBSOCKET_EXTENSIONS: "permessage-deflate; client_max_window_bits",
  })).toEqual({
    ok: true,
    key: "dGhlIHNhbXBsZSBub25jZQ==",
    protocols: ["chat", "superchat"],
    extensions: "permessage-deflate; client_max_window_bits",
  });
});

describe("accepted are", () => {
  const accepted: Record<string, Changes> = {
    "tokens in any case": { HTTP_UPGRADE: "WebSocket", HTTP_CONNECTION: "UPGRADE" },
    "an Upgrade with several protocols": { HTTP_UPGRADE: "h2c, websocket" },
    "a Connection with several options": { HTTP_CONNECTION: "keep-alive , Upgrade" },
    "a request without SERVER_PROTOCOL": { SERVER_PROTOCOL: undefined },
    "a key with spaces around": { HTTP_SEC_WEBSOCKET_KEY: " dGhlIHNhbXBsZSBub25jZQ== " },
    "a key whose last bits are not 0": { HTTP_SEC_WEBSOCKET_KEY: "dGhlIHNhbXBsZSBub25jZR==" },
    "nginx by name": { SERVER_SOFTWARE: "nginx/1.31.5" },
    "lighttpd from 1.4.74 on": { SERVER_SOFTWARE: "lighttpd/1.4.74" },
    "lighttpd 1.4.86": { SERVER_SOFTWARE: "lighttpd/1.4.86" },
    "lighttpd 1.5.0": { SERVER_SOFTWARE: "lighttpd/1.5.0" },
    "lighttpd 2.0.0": { SERVER_SOFTWARE: "lighttpd/2.0.0" },
    "lighttpd without its version": { SERVER_SOFTWARE: "lighttpd" },
    "a server.tag of one's own": { SERVER_SOFTWARE: "my server" },
  };
  for (const [name, changes] of Object.entries(accepted)) {
    test(name, () => expect(check(changes).ok).toBe(true));
  }
});

describe("refused are", () => {
  const KEY = "HTTP_SEC_WEBSOCKET_KEY";
  const refused: Record<string, [Changes, number, RegExp]> = {
    "POST": [{ REQUEST_METHOD: "POST" }, 405, /GET, not POST/],
    "HEAD": [{ REQUEST_METHOD: "HEAD" }, 405, /GET, not HEAD/],
    "HTTP/1.0, which nginx tunnels": [{ SERVER_PROTOCOL: "HTTP/1.0" }, 400, /not of HTTP\/1\.0/],
    "HTTP/2": [{ SERVER_PROTOCOL: "HTTP/2.0" }, 400, /not of HTTP\/2\.0/],
    "no Upgrade": [{ HTTP_UPGRADE: undefined }, 426, /no Upgrade/],
    "another Upgrade": [{ HTTP_UPGRADE: "h2c" }, 426, /no Upgrade/],
    "an Upgrade that only begins so": [{ HTTP_UPGRADE: "websocket2" }, 426, /no Upgrade/],
    "no Connection": [{ HTTP_CONNECTION: undefined }, 400, /Connection/],
    "another Connection": [{ HTTP_CONNECTION: "keep-alive" }, 400, /Connection/],
    "no version": [{ HTTP_SEC_WEBSOCKET_VERSION: undefined }, 426, /13, not missing/],
    "an older version": [{ HTTP_SEC_WEBSOCKET_VERSION: "8" }, 426, /13, not 8/],
    "a version with a zero": [{ HTTP_SEC_WEBSOCKET_VERSION: "013" }, 426, /13, not 013/],
    "no key": [{ [KEY]: undefined }, 400, /16 bytes/],
    "a short key": [{ [KEY]: "dGhlIHNhbXBsZSBub25j" }, 400, /16 bytes/],
    "a long key": [{ [KEY]: "dGhlIHNhbXBsZSBub25jZQAA" }, 400, /16 bytes/],
    "two keys": [{ [KEY]: `${NGINX[KEY]}, ${NGINX[KEY]}` }, 400, /16 bytes/],
    "a key of other letters": [{ [KEY]: "dGhlIHNhbXBsZSBub25j-_==" }, 400, /16 bytes/],
    "Apache": [{ SERVER_SOFTWARE: "Apache/2.4.71 (Debian)" }, 501, /^Apache\/2\.4\.71 cannot/],
    "Cherokee": [
      { SERVER_SOFTWARE: "Cherokee/1.2.104 (UNIX)", HTTP_UPGRADE: undefined },
      501,
      /^Cherokee\/1\.2\.104 cannot/,
    ],
    "lighttpd before 1.4.74": [
      { SERVER_SOFTWARE: "lighttpd/1.4.69" },
      501,
      /^lighttpd\/1\.4\.69 cannot .* from 1\.4\.74 on/,
    ],
    "lighttpd 1.4.9": [{ SERVER_SOFTWARE: "lighttpd/1.4.9" }, 501, /^lighttpd\/1\.4\.9 cannot/],
    "lighttpd over HTTP/2": [
      { SERVER_SOFTWARE: "lighttpd/1.4.86", SERVER_PROTOCOL: "HTTP/2.0" },
      501,
      /^lighttpd\/1\.4\.86 cannot .* HTTP\/2\.0 .*server\.h2proto/,
    ],
    "lighttpd that took the Upgrade off": [
      { SERVER_SOFTWARE: "lighttpd/1.4.86", HTTP_UPGRADE: undefined },
      426,
      /"upgrade" => "enable"/,
    ],
  };
  for (const [name, [changes, status, message]] of Object.entries(refused)) {
    test(`${name}, with ${status}`, () => {
      const refusal = check(changes) as Refusal;
      expect(refusal.ok).toBe(false);
      expect(refusal.status).toBe(status);
      expect(refusal.message).toMatch(message);
    });
  }
});

test("refused is a body, which nginx tunnels, with 400", () => {
  const refusal = check({}, 5) as Refusal;
  expect(refusal.status).toBe(400);
  expect(refusal.message).toMatch(/must not have a body/);
});

test("a refusal has the fields of its status", () => {
  const fieldsOf = (changes: Changes) => (check(changes) as Refusal).fields;
  expect(fieldsOf({ REQUEST_METHOD: "PUT" })).toEqual({ Allow: "GET" });
  const upgrade = { Upgrade: "websocket", Connection: "Upgrade" };
  expect(fieldsOf({ HTTP_UPGRADE: "" })).toEqual(upgrade);
  // As a browser asks for the page over HTTP/2, which has no such fields.
  expect(fieldsOf({ HTTP_UPGRADE: undefined, SERVER_PROTOCOL: "HTTP/2.0" })).toEqual({});
  expect(fieldsOf({ HTTP_SEC_WEBSOCKET_VERSION: "7" }))
    .toEqual({ ...upgrade, "Sec-WebSocket-Version": "13" });
});

test("an option says whether the web server can carry a WebSocket, whatever its name says", () => {
  expect(check({ SERVER_SOFTWARE: "Apache/2.4.71" }, 0, true).ok).toBe(true);
  const refusal = check({}, 0, false) as Refusal;
  expect(refusal.status).toBe(501);
  // The HTTP front of this package can, whatever the web server beside it.
  expect(check({ SERVER_SOFTWARE: "scgi" }, 0, false).ok).toBe(true);
});

test("of the subprotocols, those that are tokens are taken, each once", () => {
  const { protocols } = check({
    HTTP_SEC_WEBSOCKET_PROTOCOL: " chat ,, a b, v1.chat,chat, (x)",
  }) as Handshake;
  expect(protocols).toEqual(["chat", "v1.chat"]);
});
