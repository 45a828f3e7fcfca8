/** The tests of pure code, of client and gateway, once more on Node. */

import { join } from "node:path";
import { command, runtimes } from "../support/server.ts";
import { declareOutcomes, pure } from "./other.ts";

if (runtimes.includes("node")) {
  const paths = pure.map((file) => join("test", file));
  const words = ["test/support/other/register.ts", "test/support/other/run.ts", ...paths];
  await declareOutcomes("Node", command("node", ["--import", ...words]).flat(), pure);
}
