/** Starts the command with `--status`, and asks for it. */

import { join } from "node:path";
import { request as requestHttp } from "node:http";
import type { StatusSnapshot } from "../../../src/cli/status/snapshot.ts";
import { temporaryFolder } from "../../support/address.ts";
import type { Child } from "../../support/child.ts";
import { type Runtime, spawnScript } from "../../support/server.ts";

/** A command whose status can be asked for. */
export interface Started extends AsyncDisposable {
  readonly child: Child;
  /** Where it serves over SCGI. */
  readonly address: string;
  /** The address of the status, as `scgi status` takes it. */
  readonly status: string;
  /** The same as a URL, without a slash at the end. */
  readonly origin: string;
  snapshot(): Promise<StatusSnapshot>;
  /** Waits until it serves, with all its workers. */
  serving(): Promise<void>;
}

/** What is started. */
export interface Plan {
  /** The command and its module; `serve` and the app of these tests unless given. */
  words?: string[];
  args?: string[];
}

/** Starts one with a status on a free port, and waits until that answers. */
export async function startStatus(runtime: Runtime, plan: Plan = {}): Promise<Started> {
  const { words = ["serve", "test/cli/status/app.ts"], args = [] } = plan;
  const address = `unix:${join(temporaryFolder(), "app.sock")}`;
  const [command = "", module = ""] = words;
  const flags = ["--listen", address, "--status", "0", ...args];
  const child = spawnScript(runtime, ["src/cli.ts", command, ...flags, module]);
  const said = () => /^Status at (http:\S+)\/$/m.exec(child.stdout + child.stderr);
  await child.until(() => said() !== null, "it said where its status is");
  const [, origin = ""] = said()!;
  const snapshot = async () => await (await fetch(`${origin}/stats.json`)).json() as StatusSnapshot;
  return {
    child,
    address,
    origin,
    status: new URL(origin).host,
    snapshot,
    serving: () =>
      child.until(async () => {
        const { state, workers } = await snapshot();
        return [state, ...workers?.list.map(({ state }) => state) ?? []]
          .every((state) => state === "serving") && child.stdout.includes("Listening on");
      }, "its status said that it serves"),
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGKILL");
      await child.exited;
    },
  };
}

/** The status and the text of a response over a Unix socket, or with a Host of its own. */
export function get(
  at: { socketPath: string } | { host: string; port: number },
  path: string,
  { method = "GET", ...headers }: { method?: string; host?: string } = {},
): Promise<{ status: number; text: string; headers: Record<string, unknown> }> {
  return new Promise((resolve, reject) => {
    requestHttp({ ...at, path, method, headers, agent: false }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part: string) => (text += part));
      response.on(
        "end",
        () => resolve({ status: response.statusCode!, text, headers: response.headers }),
      );
    }).on("error", reject).end();
  });
}
