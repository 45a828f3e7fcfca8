/** All tables of cases. */

import type { Table } from "../case.ts";
import { bodies } from "./bodies.ts";
import { bunRouteTables } from "./bun-routes.ts";
import { errors } from "./errors.ts";
import { headers } from "./headers.ts";
import { statusTables } from "./statuses.ts";
import { streams } from "./streams.ts";

export const tables: readonly Table[] = [
  ...bodies,
  ...streams,
  ...headers,
  ...statusTables,
  ...errors,
  ...bunRouteTables,
];
