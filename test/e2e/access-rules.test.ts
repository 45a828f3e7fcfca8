/**
 * Access rules of the web servers: what they keep from an app over HTTP they keep from it over SCGI.
 * Each web server denies /admin, once in front of the runtime's own HTTP server and once in front of
 * scgi, and is sent the same odd targets.
 */

import { afterAll, beforeAll, expect, test } from "bun:test";
import fc from "fast-check";
import { freePort } from "../support/address.ts";
import { type Front, type FrontName, fronts, startFront } from "../support/front.ts";
import { exchange } from "../support/raw-http.ts";
import { describeWith } from "../support/require.ts";
import { type Runtime, runtimes, startScript, startServer } from "../support/server.ts";

/** Lines that deny /admin and pass all else on, by the protocol behind them. */
const RULES: Record<FrontName, (protocol: "http" | "scgi", port: number) => string> = {
  nginx: (protocol, port) => `
    location /admin { deny all; }
    location / { ${
    protocol === "scgi" ? `scgi_pass 127.0.0.1:${port}` : `proxy_pass http://127.0.0.1:${port}`
  }; }`,
  lighttpd: (protocol, port) => {
    const to = `( "host" => "127.0.0.1", "port" => ${port}`;
    return `$HTTP["url"] =~ "^/admin" { url.access-deny = ( "" ) }
    ${
      protocol === "scgi"
        ? `scgi.server = ( "/" => (${to}, "check-local" => "disable", "fix-root-scriptname" => "enable" )) )`
        : `proxy.server = ( "/" => (${to} )) )`
    }`;
  },
  apache: (protocol, port) => `
    <Location "/admin">
      Require all denied
    </Location>
    ProxyPass "/" "${protocol}://127.0.0.1:${port}/"`,
};

/** Ways from a path that is allowed to one that is not, and spellings of the latter. */
const ODD: readonly string[] = [
  "/public/../admin",
  "/public/./../admin",
  "/public/%2e%2e/admin",
  "/public/.%2E/admin",
  "/public/%2e./admin",
  "/public/%252e%252e/admin",
  "/public/..%2fadmin",
  "/public%2f..%2fadmin",
  "/public%2F%2E%2E%2Fadmin",
  "/public/..%5cadmin",
  "/public%5c..%5cadmin",
  "/public/..\\admin",
  "/public\\..\\admin",
  "/\\admin",
  "\\admin",
  "/public/..;/admin",
  "/public/..;x=y/admin",
  "/public;/../admin",
  "/;/admin",
  "/admin;x",
  "/public/..//admin",
  "/public//../admin",
  "/public//..//admin",
  "/public//a/../../admin",
  "/public///../../admin",
  "/admin//x/../..",
  "/admin//x/../../",
  "/admin///x/../../..",
  "/admin//x/%2e%2e/%2e%2e",
  "/admin//./x/../..",
  "/admin/%2f/x/../..",
  "/admin%2f/x/../..",
  "/admin/%2F%2f/x/../../",
  "/a%2fb/../admin",
  "/a%2Fb/%2e%2e/admin",
  "/a/%2f/../admin",
  "/a//b/../../admin",
  "/a//../b/../admin",
  "//admin",
  "///admin",
  "//x/../admin",
  "//x/../../admin",
  "/.//admin",
  "/./admin",
  "/%2e/admin",
  "/%2e%2fadmin",
  "/%2fadmin",
  "/%2Fadmin",
  "%2fadmin",
  "/%5cadmin",
  "/%61dmin",
  "/%2561dmin",
  "/adm%69n/x",
  "/ADMIN",
  "/admin",
  "/admin/",
  "/admin/x",
  "/admin%2fx",
  "/admin%00",
  "/admin%20",
  "/admin%09",
  "/admin%0a",
  "/admin%23",
  "/admin%3f",
  "/admin.",
  "/admin/.",
  "/admin/..",
  "/admin?x",
  "/admin#x",
  "/public#/../admin",
  "/public#/../../admin",
  "/public#/%2e%2e/admin",
  "/#/../admin",
  "/#/admin",
  "/public?#/../admin",
  "/public?x#/../../admin",
  "/public?/../admin",
  "/public?/../../admin",
  "/public%23/../admin",
  "/public%23/../../admin",
  "/public%3f/../admin",
  "/public%3F/../../admin",
  "/ad\tmin",
  "/\tadmin",
  "/public/.\t./admin",
  "/public\t/../admin",
  "/public/..\t/admin",
  "/ad\x00min",
  "/public\x01/../admin",
  "/public\x7f/../admin",
  "/public\xe9/../admin",
  "/public\xe2\x80\x8b/../admin",
  "/public/\xef\xbc\x8e\xef\xbc\x8e/admin",
  "http://h/admin",
  "http://h//admin",
  "http://h/public/../admin",
  "http://h/public#/../admin",
  "http://h",
  "http://h?/../admin",
  "http://h#/../admin",
  "http://h#/admin",
  "HTTP://h/public",
  "http://user@h/public/../admin",
  "http://user:pass@h/admin",
  "http://h/public@/../admin",
  "http://h\\@x/../admin",
  "http://h\\admin",
  "http:/admin",
  "http:///admin",
  "http:admin",
  "https://h/admin",
  "ftp://h/admin",
  "javascript:/admin",
  "?/admin",
  "?x",
  "#/admin",
  "admin",
  "./admin",
  "../admin",
  "/..",
  "/../admin",
  "/../../admin",
  "/public/../../admin",
  "*",
];

/** More of them, the same in each run: paths of a few telling segments. */
const GENERATED: readonly string[] = fc.sample(
  fc.array(
    fc.constantFrom(
      ...["admin", "admin", "public", "x", "", ".", "..", "..", "%2e%2e", ".%2E", "%2f", "a%2fb"],
      ...["..%2f", "#", "?", "..;", "\\", "%5c", "%23", "@"],
    ),
    { minLength: 1, maxLength: 7 },
  ).map((segments) => `/${segments.join("/")}`),
  { numRuns: 300, seed: 17 },
);

/** What became of a target: the path that the app was asked for, or the status without it. */
type Outcome = { readonly path: string } | { readonly status: number };

async function ask({ port }: Front, target: string): Promise<Outcome> {
  const lines = [`GET ${target} HTTP/1.1`, "Host: h", "Connection: close", "", ""];
  const { status, body } = await exchange(port, lines.join("\r\n"));
  return status === 200 && body.startsWith("/") ? { path: body } : { status };
}

/** Whether an app that decodes its paths, as most do, takes it for /admin or for something below. */
function reachesAdmin(outcome: Outcome): boolean {
  if (!("path" in outcome)) return false;
  const [path = ""] = outcome.path.split("?");
  let decoded = path;
  try {
    decoded = decodeURIComponent(path);
  } catch {
    // A router takes it as it is.
  }
  return [path, decoded].some((path) => /^\/admin(?:\/|$)/.test(path));
}

for (const name of fronts) {
  describeWith(name, `a rule of ${name}`, () => {
    for (const runtime of runtimes) {
      const started = new AsyncDisposableStack();
      let http: Front, scgi: Front;
      beforeAll(async () => {
        [http, scgi] = await startBoth(started, name, runtime);
      }, 60_000);
      afterAll(() => started.disposeAsync(), 30_000);

      test(`that denies /admin keeps as much from ${runtime} over SCGI as over HTTP`, async () => {
        const more: object[] = [];
        for (const target of [...ODD, ...GENERATED]) {
          const [overHttp, overScgi] = [await ask(http, target), await ask(scgi, target)];
          if (reachesAdmin(overScgi) && !reachesAdmin(overHttp)) {
            more.push({ target, overHttp, overScgi });
          }
        }
        expect(more).toEqual([]);
        expect(await ask(scgi, "/public")).toEqual({ path: "/public" });
        expect(await ask(scgi, "/admin")).toEqual({ status: 403 });
      }, 60_000);
    }
  });
}

/** Starts both servers of a runtime, each behind the web server. */
async function startBoth(
  started: AsyncDisposableStack,
  name: FrontName,
  runtime: Runtime,
): Promise<[http: Front, scgi: Front]> {
  const folder = "test/e2e/access-rules";
  const [httpPort, scgiPort] = [await freePort(), await freePort()];
  await Promise.all([
    startScript(runtime, [`${folder}/own-server.ts`, String(httpPort)])
      // It knows no signals, so its end by one is no failure.
      .then((server) =>
        started.defer(async () => {
          server.kill("SIGKILL");
          await server.exited;
        })
      ),
    startServer({ runtime, module: `${folder}/app.ts`, listen: `127.0.0.1:${scgiPort}` })
      .then((server) => started.use(server)),
  ]);
  const fronts = await Promise.all([
    startFront(name, RULES[name]("http", httpPort)),
    startFront(name, RULES[name]("scgi", scgiPort)),
  ]);
  for (const front of fronts) started.use(front);
  return fronts;
}
