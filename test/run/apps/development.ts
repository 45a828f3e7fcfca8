/** A page that is worked on: Bun reloads it in the browser when a file of it changes. */

import { serve } from "bun";
import process from "node:process";
import page from "./pages/index.html";

serve({
  port: Number(process.env.PORT ?? 0),
  hostname: "127.0.0.1",
  development: true,
  routes: { "/": page },
});
