/** The frameworks on Deno. */

import { compareApps } from "./compare.ts";

await compareApps("deno");
