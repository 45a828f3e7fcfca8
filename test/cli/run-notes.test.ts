/** What `scgi run` says of a script's arguments, and keeps Bun from saying. */

import { describe, expect, test } from "bun:test";
import { freePort } from "../support/address.ts";
import { servingRuntimes } from "../support/server.ts";
import { folderOf, HELLO, runIn } from "./folder.ts";

const PRINTS = "console.debug('Started server: http://127.0.0.1:1'); console.debug('its own');\n";

describe.each(servingRuntimes)("scgi run (%s)", (runtime) => {
  test("says that flags after FILE are the script's", async () => {
    const folder = folderOf({ "app.mjs": HELLO });
    const listen = `127.0.0.1:${await freePort()}`;
    const child = runIn(
      folder,
      runtime,
      "run",
      "--listen",
      listen,
      "app.mjs",
      "--port=8080",
      "--own",
    );
    await child.until(() => child.stderr.includes("Listening on "), "it listened");
    expect(await child.stop()).toBe(0);
    expect(child.stderr).toContain(
      "scgi: --port after app.mjs is an argument of the script. A flag of scgi run stands before it\n",
    );
    expect(child.stderr.match(/is an argument of/g)).toHaveLength(1);
  });

  test("prints no http:// address for a default export, and what the script prints", async () => {
    const folder = folderOf({ "app.mjs": PRINTS + HELLO });
    const listen = `127.0.0.1:${await freePort()}`;
    const child = runIn(folder, runtime, "run", "--listen", listen, "app.mjs");
    await child.until(() => child.stderr.includes("Listening on "), "it listened");
    expect([await child.stop(), child.stderr.includes("http://")]).toEqual([0, false]);
    expect(child.stdout).toBe("Started server: http://127.0.0.1:1\nits own\n");
  });
});
