/** Our server, with the app and the options that it is told as JSON. */

import process from "node:process";
import { serve } from "../../src/mod.ts";
import { functions, hono } from "./apps.ts";
import type { Place } from "./bare-shape.ts";
import type { Scenario, ScenarioName } from "./scenarios.ts";

/** What it is started with. */
export interface Ours {
  readonly place: Place;
  readonly scenario: Scenario["name"];
  readonly app: "function" | "hono";
  readonly options?: { recordResponses?: boolean; maxConnections?: number };
}

const { place, scenario, app, options } = JSON.parse(process.argv[2]!) as Ours;
serve(app === "hono" ? hono : functions[scenario as ScenarioName], { ...place, ...options });
