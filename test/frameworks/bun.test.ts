/** The frameworks on Bun. */

import { compareApps } from "./compare.ts";

await compareApps("bun");
