/**
 * What `scgi/client`, `scgi/gateway` and `scgi/protocol` have of the runtime that runs them.
 *
 * In the package this file has the name `#own`, which Bun and Deno resolve to it, and Node and most bundlers
 * to an empty file: what is bundled with these entry points then names no runtime.
 *
 * @module
 */

import { bun, deno } from "./detect.ts";
import { connectOnBun } from "./sockets/bun-connect.ts";
import { connectBy } from "./sockets/connect.ts";
import { connectOnDeno, prepareOnDeno } from "./sockets/deno-connect.ts";

if (bun !== undefined) connectBy(connectOnBun);
if (deno !== undefined) connectBy(connectOnDeno, prepareOnDeno);
