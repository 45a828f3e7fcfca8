/** The project's folder, from its sources and from what is built of them below it. */

import { join } from "node:path";

/** Where the tests are built for Node: below `node_modules`, so that packages are found. */
export const BUILD = "node_modules/.scgi-node";

export const root: string = join(import.meta.dirname, "../..").replace(`/${BUILD}`, "");
