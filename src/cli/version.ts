/**
 * The version of this package.
 *
 * @module
 */

import about from "../../deno.json" with { type: "json" };

/** As `--version` prints it. */
export const VERSION: string = about.version;
