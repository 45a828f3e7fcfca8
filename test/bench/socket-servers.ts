/** The servers of WebSockets that are compared. */

import type { Place } from "./bare-shape.ts";
import { NATIVE } from "./results.ts";
import { pathOf, runs, type Variant } from "./servers.ts";
import type { BenchRuntime } from "./settings.ts";

/** Those of a runtime. Node has no server of WebSockets of its own. */
export function socketServers(runtime: BenchRuntime): Variant[] {
  const serve = variant(runtime, "scgi serve", (listen) => {
    return ["src/cli.ts", "serve", "--listen", listen, "test/bench/socket-module.ts"];
  });
  if (runtime === "node") return [serve];
  const script = `test/bench/socket-${runtime}.ts`;
  return [
    {
      runtime,
      name: NATIVE,
      protocol: "websocket",
      command: (_, place) => [...runs(runtime, script), pathOf(place)],
    },
    {
      runtime,
      name: "bare framing",
      protocol: "scgi",
      command: (_, place) => [
        ...runs(runtime, `test/bench/bare-socket-${runtime}.ts`),
        pathOf(place),
      ],
    },
    variant(runtime, "scgi run", (listen, path) => {
      return ["src/cli.ts", "run", "--listen", listen, script, path];
    }),
    serve,
  ];
}

/** Ours, which listens at the Unix socket of a place. */
function variant(
  runtime: BenchRuntime,
  name: string,
  words: (listen: string, path: string) => string[],
): Variant {
  const command = (_: unknown, place: Place) => {
    const path = pathOf(place);
    return runs(runtime, ...words(`unix:${path}`, path));
  };
  return { runtime, name, protocol: "scgi", command };
}
