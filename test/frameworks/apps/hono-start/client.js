import { readFileSync } from "node:fs";
import { join } from "node:path";

export const client = {
  async "the start page is Hono's own and answers"(side) {
    const read = (file) => readFileSync(join(import.meta.dirname, file), "utf8");
    const asIs = read("../node_modules/hono/README.md").includes(read("app.js"));
    return { asIs, reply: await side.ask("/") };
  },
  "the start page answers HEAD": (side) => side.ask("/", { method: "HEAD" }),
  "the start page has no other": (side) => side.ask("/none?a=b"),
  "the start page takes no POST": (side) => side.ask("/", { method: "POST", body: "a" }),
};
