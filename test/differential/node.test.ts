/** The gate on node. */

import { describeGate } from "./gate.ts";

describeGate("node", "serve");
