/** The tests of pure code, of client and gateway, once more on Node. */

import { join } from "node:path";
import { command, runtimes } from "../support/server.ts";
import { declareOutcomes, pure } from "./outcomes.ts";

if (runtimes.includes("node")) {
  const paths = pure.map((file) => join("test", file));
  const words = ["test/other-runtimes/register.ts", "test/other-runtimes/run.ts", ...paths];
  await declareOutcomes("Node", command("node", ["--import", ...words]).flat(), pure);
}
