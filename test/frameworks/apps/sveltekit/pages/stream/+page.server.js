import { part } from "../../../../../upstream.js";

export function load() {
  return { first: "one", second: part("two"), third: part("three") };
}
