/** Hono apps that go by the browser's address, each on its own path. Runs on Bun and on Deno. */

import { Hono } from "hono";
import { ipRestriction } from "hono/ip-restriction";
import { type Bindings, getConnInfo } from "../../../src/cgi/conn-info.ts";

const inner = new Hono<{ Bindings: Bindings }>();
inner.get("/", (c) => c.text("let in"));

const app = new Hono<{ Bindings: Bindings }>();

app.get("/who", (c) => c.json(getConnInfo(c).remote));
app.use("/allowed/*", ipRestriction(getConnInfo, { allowList: ["127.0.0.1"] }));
app.use("/denied/*", ipRestriction(getConnInfo, { denyList: ["127.0.0.1"] }));
app.use("/network/*", ipRestriction(getConnInfo, { allowList: ["127.0.0.0/30", "::1"] }));
app.route("/allowed", inner);
app.route("/denied", inner);
app.route("/network", inner);

export default app;
