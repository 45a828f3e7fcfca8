/** How long the head of a reply may be, to the byte, behind each web server as it is printed. */

import { expect, test } from "bun:test";
import { connect } from "node:net";
import { describeStacks } from "../support/stack.ts";
import { request } from "../support/wire.ts";
import { client } from "./client.ts";
import { features } from "./feature.ts";

/** The longest that passes in bytes, and what one byte more becomes. */
const LIMITS = {
  nginx: { of: "whole head", bytes: 16_384, status: 502 },
  lighttpd: { of: "whole head", bytes: 65_535, status: 502 },
  apache: { of: "line without its end", bytes: 8189, status: 500 },
};

describeStacks("The head of a reply", { module: "test/e2e/app.ts" }, (stack, on) => {
  const { ask } = client(stack);
  const feature = features(on);
  /** The status of a reply whose head has `lines` headers of that many bytes to fill it. */
  const status = async (bytes: number, lines = 1) =>
    (await ask(`/padded/${bytes}/${lines}`)).status;

  feature(
    "Response headers of 15 KiB in total",
    "can be of 15 KiB",
    async () => expect(await status(3 * 1024, 5)).toBe(200),
  );
  feature(
    "Response headers of 60 KiB in total",
    "can be of 60 KiB",
    async () => expect(await status(6 * 1024, 10)).toBe(200),
    on.web === "nginx" && {
      does: "answers 502 above `scgi_buffer_size` (16k in the printed configuration)",
      test: async () => expect(await status(6 * 1024, 10)).toBe(502),
    },
  );
  feature(
    "A response header of 9 KiB",
    "can have a line of 9 KiB",
    async () => expect(await status(9 * 1024)).toBe(200),
    on.web === "apache" && {
      does: "answers 500 to a header line over 8189 bytes",
      test: async () => expect(await status(9 * 1024)).toBe(500),
    },
  );

  const { of, bytes, status: over } = LIMITS[on.web];
  test(`with a ${of} of ${bytes} bytes passes, and one more is a ${over}`, async () => {
    const rest = of === "whole head"
      ? await headLength(stack().listen, "/padded/0")
      : "x-pad-00: ".length;
    expect(await status(bytes - rest)).toBe(200);
    expect(await status(bytes - rest + 1)).toBe(over);
  });
});

/** How long the head of the reply is that the server itself sends. */
function headLength(listen: string, path: string): Promise<number> {
  const [host, port] = listen.split(":");
  return new Promise((resolve, reject) => {
    let received = "";
    const socket = host === "unix" ? connect(port!) : connect(Number(port), host);
    socket.on("data", (bytes: Uint8Array) => (received += Buffer.from(bytes).toString("latin1")));
    socket.on("close", () => resolve(received.indexOf("\r\n\r\n") + 4)).on("error", reject);
    socket.write(request(["REQUEST_METHOD", "GET", "REQUEST_URI", path]));
  });
}
