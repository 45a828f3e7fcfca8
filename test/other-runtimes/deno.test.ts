/** The tests of pure code, of client and gateway, and of facts about the runtimes, once more on Deno. */

import { join } from "node:path";
import { command } from "../support/server.ts";
import { declareOutcomes, pure } from "./outcomes.ts";

const files = [...pure, "runtime/fetch/facts.test.ts", "runtime/sockets/deno.test.ts"];
const paths = files.map((file) => join("test", file));
const permissions = ["-A", "--import-map=test/other-runtimes/import-map.json"];

await declareOutcomes(
  "Deno",
  command("deno", ["test/other-runtimes/run.ts", ...paths], permissions).flat(),
  files,
);
