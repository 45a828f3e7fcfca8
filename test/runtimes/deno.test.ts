/** The tests of pure code, of client and gateway, and of facts about the runtimes, once more on Deno. */

import { join } from "node:path";
import { command } from "../support/server.ts";
import { declareOutcomes, pure } from "./other.ts";

const files = [...pure, "runtimes/facts.test.ts", "runtimes/deno-sockets.test.ts"];
const paths = files.map((file) => join("test", file));
const permissions = ["-A", "--import-map=test/support/other/import-map.json"];

await declareOutcomes(
  "Deno",
  command("deno", ["test/support/other/run.ts", ...paths], permissions).flat(),
  files,
);
