/** The field that accepts a handshake. */

import { expect, test } from "bun:test";
import { acceptKey } from "../../src/websocket/accept.ts";

test("the accept key is that of the example of RFC 6455", () => {
  expect(acceptKey("dGhlIHNhbXBsZSBub25jZQ==")).toBe("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
});
