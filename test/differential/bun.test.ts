/** The gate on bun. */

import { describeGate } from "./gate.ts";

describeGate("bun", "serve");
describeGate("bun", "run");
