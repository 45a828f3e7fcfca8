/** All tables of cases. */

import type { Table } from "../case.ts";
import { aborts } from "./aborts.ts";
import { bodies } from "./bodies.ts";
import { bunRouteTables } from "./bun-routes.ts";
import { denoTables } from "./deno-info.ts";
import { errors } from "./errors.ts";
import { fileTables } from "./files.ts";
import { headers } from "./headers.ts";
import { honoTables } from "./hono.ts";
import { passedOn } from "./passed-on.ts";
import { requests } from "./requests.ts";
import { statusTables } from "./statuses.ts";
import { streams } from "./streams.ts";
import { uploads } from "./uploads.ts";

export const tables: readonly Table[] = [
  ...bodies,
  ...streams,
  ...headers,
  ...statusTables,
  ...errors,
  ...requests,
  ...uploads,
  ...passedOn,
  ...fileTables,
  ...aborts,
  ...honoTables,
  ...bunRouteTables,
  ...denoTables,
];
