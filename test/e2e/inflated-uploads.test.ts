/** Apache with DEFLATE as an input filter, which declares the compressed length of what it inflates. */

import { afterAll, beforeAll, expect, test } from "bun:test";
import { gzipSync } from "node:zlib";
import { freePort } from "../support/address.ts";
import { eventually } from "../support/eventually.ts";
import { type Front, startFront } from "../support/front.ts";
import { describeWith } from "../support/require.ts";
import { type Runtime, runtimes, type ServerProcess, startServer } from "../support/server.ts";

const MODULES = ["filter", "deflate"].map((name) =>
  `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so\n`
).join("");

/** Compressed text, of a ratio that Apache takes for no attack (DeflateInflateRatioLimit). */
function compressed(size: number): Uint8Array<ArrayBuffer> {
  const numbers = Array.from({ length: size / 5 }, (_, i) => `${i % 9973}\n`).join("");
  return new Uint8Array(gzipSync(numbers.padEnd(size).slice(0, size)));
}

describeWith("apache", "Apache with SetInputFilter DEFLATE", () => {
  const started = new AsyncDisposableStack();
  const servers = new Map<Runtime, ServerProcess>();
  let front: Front;
  beforeAll(async () => {
    const places = await Promise.all(runtimes.map(async (runtime) => {
      const listen = `127.0.0.1:${await freePort()}`;
      const module = "test/e2e/inflated-uploads/app.ts";
      servers.set(runtime, started.use(await startServer({ runtime, module, listen })));
      return `ProxyPass "/${runtime}/" "scgi://${listen}/"\n`;
    }));
    const filter = '<Location "/">\nSetInputFilter DEFLATE\n</Location>\n';
    front = started.use(await startFront("apache", MODULES + places.join("") + filter));
  }, 30_000);
  afterAll(() => started.disposeAsync(), 30_000);

  const send = (path: string, body: Uint8Array<ArrayBuffer>, coding = "gzip") =>
    fetch(`${front.origin}/${path}`, {
      method: "POST",
      headers: { "content-encoding": coding },
      body,
    });

  for (const runtime of runtimes) {
    // Of as many bytes as a web server's buffers, of less, and of more.
    test.each([2_000, 70_000, 5_000_000])(
      `an upload of %i bytes gets 400 (${runtime})`,
      async (size) => {
        const response = await send(`${runtime}/length`, compressed(size));
        expect(response.status).toBe(400);
        expect(await response.text()).toMatch(/longer than the \d+ bytes .*SetInputFilter DEFLATE/);
        await eventually(servers.get(runtime)!.stderr, (said) => said.includes("BODY_SURPLUS"));
      },
    );

    test(`a handler that answers before it reads is heard (${runtime})`, async () => {
      const response = await send(`${runtime}/early`, compressed(200_000));
      // What has come with the head is refused before.
      expect([200, 400]).toContain(response.status);
    });

    test(`an upload that is not compressed arrives whole (${runtime})`, async () => {
      const response = await send(`${runtime}/length`, new Uint8Array(300_000), "identity");
      expect([response.status, await response.text()]).toEqual([200, "300000"]);
    });
  }
});
