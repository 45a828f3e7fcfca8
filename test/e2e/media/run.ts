/** The same page, by a script that starts its own server. */

import app from "./app.ts";

declare const Bun: { serve(options: object): void };

Bun.serve(app);
