import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const read = (file) => readFileSync(join(import.meta.dirname, file), "utf8");

export const client = {
  "the start page, word for word Hono's own, answers": (side) => {
    assert(read("../node_modules/hono/README.md").includes(read("app.js")));
    return side.ask("/");
  },
  "the start page answers HEAD": (side) => side.ask("/", { method: "HEAD" }),
  "the start page has no other": (side) => side.ask("/none?a=b"),
  "the start page takes no POST": (side) => side.ask("/", { method: "POST", body: "a" }),
};
