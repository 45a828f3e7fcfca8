/** The response that accepts a handshake. */

import { expect, test } from "bun:test";
import { acceptFields, acceptKey } from "../../src/websocket/accept.ts";
import { chooseProtocol } from "../../src/websocket/extensions.ts";

const KEY = "dGhlIHNhbXBsZSBub25jZQ==";

test("the accept key is that of the example of RFC 6455", () => {
  expect(acceptKey(KEY)).toBe("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
});

test("Status comes first, then Upgrade and Connection, as lighttpd needs them", () => {
  expect(acceptFields(KEY, {
    protocol: "chat",
    extensions: "permessage-deflate",
    fields: [["Set-Cookie", "a=1"], ["Set-Cookie", "b=2"], ["X-App", "1"]],
  })).toEqual([
    ["Status", "101 Switching Protocols"],
    ["Upgrade", "websocket"],
    ["Connection", "Upgrade"],
    ["Sec-WebSocket-Accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="],
    ["Sec-WebSocket-Protocol", "chat"],
    ["Sec-WebSocket-Extensions", "permessage-deflate"],
    ["Set-Cookie", "a=1"],
    ["Set-Cookie", "b=2"],
    ["X-App", "1"],
  ]);
});

test("fields of the app that would break the handshake or the tunnel are left out", () => {
  const names = ["Status", "upgrade", "Connection", "Sec-WebSocket-Accept", "content-length"];
  const fields = [...names, "Transfer-Encoding", "Sec-WebSocket-Extensions"]
    .map((name): [string, string] => [name, "x"]);
  expect(acceptFields(KEY, { fields })).toEqual(acceptFields(KEY));
});

test("the app may name the subprotocol in a field; the chosen one counts", () => {
  const fields: [string, string][] = [["sec-websocket-protocol", "mine"]];
  expect(acceptFields(KEY, { fields }).at(-1)).toEqual(["sec-websocket-protocol", "mine"]);
  expect(acceptFields(KEY, { fields, protocol: "chat" }).slice(4))
    .toEqual([["Sec-WebSocket-Protocol", "chat"]]);
});

test("the server's order of preference decides among the subprotocols", () => {
  expect(chooseProtocol(["a", "b", "c"], ["c", "b"])).toBe("c");
  expect(chooseProtocol(["a"], ["b"])).toBeUndefined();
  expect(chooseProtocol([], ["b"])).toBeUndefined();
});
