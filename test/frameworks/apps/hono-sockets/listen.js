import process from "node:process";
import app from "./app.js";

Deno.serve({ port: Number(process.env.PORT), hostname: "127.0.0.1" }, app.fetch);
