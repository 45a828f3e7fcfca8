import process from "node:process";
import { plugin } from "crossws/server";
import { serve } from "h3";
import { app } from "./app.js";

serve(app, {
  port: process.env.PORT ?? 3000,
  hostname: "127.0.0.1",
  silent: true,
  plugins: [plugin({ resolve: async (request) => (await app.fetch(request)).crossws })],
});
