/** Prints what a runtime's own client finds, as JSON. */

import process from "node:process";
import { findOut } from "./client.ts";

const [origin = "", id = ""] = process.argv.slice(2);
console.log(JSON.stringify(await findOut(origin, id)));
process.exit();
