/** The gate on deno. */

import { describeGate } from "./gate.ts";

describeGate("deno", "serve");
describeGate("deno", "run");
