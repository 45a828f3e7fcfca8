/** `stripPrefix` behind what nginx, lighttpd and Apache really say of a mount. */

import { describe, expect, test } from "bun:test";
import { serveBehind } from "../support/behind.ts";
import type { FrontName } from "../support/front.ts";
import { exchange } from "../support/raw-http.ts";
import { describeWith } from "../support/require.ts";
import { type Runtime, runtimes } from "../support/server.ts";

/** What each way to mount an app under `/app` gives for `stripPrefix: true`. */
interface Mount {
  name: FrontName;
  /** What is particular about it. */
  how: string;
  lines(address: string): string;
  /** Whether its SCRIPT_NAME is right, so that `true` does what `"/app"` does. */
  tells: boolean;
  /** Paths for which it is otherwise, and what is left of them. */
  except?: [path: string, left: string][];
  /** A path that it does not pass on. */
  misses?: string;
}

function lighttpd(key: string): (address: string) => string {
  return (address) => {
    const [host, port] = address.split(":");
    return `scgi.server = ( "${key}" => (( "host" => "${host}", "port" => ${port},
      "check-local" => "disable" )) )`;
  };
}

const mounts: Mount[] = [
  {
    name: "nginx",
    how: "sends no SCRIPT_NAME",
    lines: (address) => `location /app { scgi_pass ${address}; }`,
    tells: false,
  },
  {
    name: "nginx",
    how: "sends the captures of a location",
    lines: (address) => `
      location ~ ^(?<script>/app)(?<rest>/.*)?$ {
        scgi_pass ${address};
        include /etc/nginx/scgi_params;
        scgi_param SCRIPT_NAME $script;
        scgi_param PATH_INFO $rest;
      }`,
    tells: true,
    // What it captures has its slashes merged.
    except: [["/app/a//b", "/app/a//b"]],
  },
  {
    name: "lighttpd",
    how: "with the key /app",
    lines: lighttpd("/app"),
    tells: true,
    except: [
      ["/app/a//b", "/app/a//b"],
      // The key is a prefix of characters, not of segments.
      ["/appx/y", "/y"],
    ],
  },
  {
    name: "lighttpd",
    how: "with the key /app/, which takes a segment more",
    lines: lighttpd("/app/"),
    tells: true,
    misses: "/app",
    except: [
      ["/app/a//b", "/app/a//b"],
      ["/app/orders/tea", "/tea"],
      ["/app/x?y=/z", "/?y=/z"],
      ["/app/orders/100%2541", "/100%2541"],
      ["/app/orders/caf%C3%A9", "/caf%C3%A9"],
      ["/app/orders/a%3Fb?c", "/a%3Fb?c"],
    ],
  },
  {
    name: "apache",
    how: "has the whole path in SCRIPT_NAME",
    lines: (address) => `ProxyPass "/app" "scgi://${address}/app"`,
    tells: false,
  },
  {
    name: "apache",
    how: "with proxy-scgi-pathinfo, whose PATH_INFO is encoded",
    lines: (address) => `
      SetEnvIf Request_URI "^/app" proxy-scgi-pathinfo
      ProxyPass "/app" "scgi://${address}"`,
    tells: true,
    except: [
      // Its PATH_INFO for /app is a slash.
      ["/app", "/app"],
      ["/app/a//b", "/app/a//b"],
      ["/app/orders/100%2541", "/app/orders/100%2541"],
      ["/app/orders/caf%C3%A9", "/app/orders/caf%C3%A9"],
      ["/app/orders/a%3Fb?c", "/app/orders/a%3Fb?c"],
    ],
  },
];

/** Paths, and what the app answers when the prefix was taken off. */
const paths: [path: string, answer: string][] = [
  ["/app/orders/tea", "order tea"],
  ["/app", "/"],
  ["/app/", "/"],
  ["/app/x?y=/z", "/x?y=/z"],
  ["/app/a//b", "/a//b"],
  ["/app/orders/100%2541", "order 100%41"],
  ["/app/orders/caf%C3%A9", "order café"],
  ["/app/orders/a%3Fb?c", "order a?b"],
];

for (const runtime of runtimes) {
  for (const mount of mounts) {
    const { name, how, tells, except = [], misses } = mount;
    const passed = paths.filter(([path]) => path !== misses);
    describeWith(name, `an app mounted under /app: ${name} ${how}, on ${runtime}`, () => {
      describe("stripPrefix /app takes it off", () => {
        const ask = behind(runtime, mount, "/app");
        test.each(passed)("%s", async (path, answer) => {
          expect(await ask(path)).toEqual([200, answer]);
        });

        test("and /appx is not under it", async () => {
          const [status] = await ask("/appx/y");
          // Where the web server asks at all.
          expect([403, 404]).toContain(status);
        });
      });

      describe(`stripPrefix true ${tells ? "takes it off" : "leaves the URL whole"}`, () => {
        const ask = behind(runtime, mount, "true");
        test.each(passed)("%s", async (path, answer) => {
          const left = except.find(([other]) => other === path)?.[1];
          expect(await ask(path)).toEqual([200, left ?? (tells ? answer : path)]);
        });

        for (const [path, left] of except.filter(([path]) => path.startsWith("/appx"))) {
          test(path, async () => expect(await ask(path)).toEqual([200, left]));
        }
      });
    });
  }
}

/** Starts the two for the tests that are being declared, and asks them. */
function behind(
  runtime: Runtime,
  { name, lines }: Mount,
  stripPrefix: string,
): (path: string) => Promise<[status: number, body: string]> {
  const running = serveBehind((listen) => ({
    app: {
      runtime,
      module: "test/e2e/strip-prefix/app.ts",
      listen,
      args: ["--strip-prefix", stripPrefix],
    },
    web: name,
    lines: lines(listen),
  }));
  return async (path) => {
    const request = [`GET ${path} HTTP/1.1`, "Host: h", "Connection: close", "", ""].join("\r\n");
    const { status, body } = await exchange(running().front.port, request);
    return [status, Buffer.from(body, "latin1").toString()];
  };
}
