/**
 * The version of this package.
 *
 * @module
 */

import about from "../../deno.json" with { type: "json" };

/** The version that `--version` prints. */
export const VERSION: string = about.version;
