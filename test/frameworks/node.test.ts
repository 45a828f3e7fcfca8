/** The frameworks on Node. */

import { test } from "bun:test";
import { runtimes } from "../support/server.ts";
import { compareApps } from "./compare.ts";

if (runtimes.includes("node")) await compareApps("node");
else test.skip("the frameworks on Node (Node is not installed)", () => {});
