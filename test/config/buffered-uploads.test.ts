/** What `scgi config nginx --buffer-uploads` prints, and echoes of uploads with and without it. */

import { expect, test } from "bun:test";
import type { ConfigOptions } from "../../src/config/mod.ts";
import { eventually } from "../support/eventually.ts";
import { freePort } from "../support/address.ts";
import { RawConnection } from "../support/raw-http.ts";
import { describeWith } from "../support/require.ts";
import { startServer } from "../support/server.ts";
import { startWebServer } from "../support/web-server.ts";

const BYTES = 4_000_000;
const HALF = Buffer.alloc(BYTES / 2, "a");
const HEAD =
  `POST /echo HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: ${BYTES}\r\n\r\n`;

describeWith("nginx", "Behind nginx", () => {
  const name = "an upload reaches an app that reads it before it answers (--buffer-uploads: %p)";
  test.each([true, false])(name, async (bufferUploads) => {
    const listen = `127.0.0.1:${await freePort()}`;
    await using app = await startServer({
      runtime: "bun",
      module: "test/config/echo-app.ts",
      listen,
    });
    const site: ConfigOptions & { listen: string } = { listen, bufferUploads };
    await using web = await startWebServer("nginx", site);
    const came = () => app.stderr().includes("POST /echo\n");
    const upload = new RawConnection(web.port);
    await upload.send(HEAD);
    await upload.send(HALF);
    // The app has it at once, or not even where a later request was answered.
    if (!bufferUploads) await eventually(came, (came) => came);
    await (await fetch(`${web.origin}/later`)).text();
    expect(came()).toBe(!bufferUploads);
    await upload.send(HALF);
    await upload.closed;
    expect(upload.received).toStartWith("HTTP/1.1 200 OK\r\n");
    expect(upload.received.split("\r\n\r\n")[1]?.length).toBe(BYTES);
    expect(came()).toBe(true);
  }, 20_000);
});
