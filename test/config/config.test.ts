/** What `scgi config` prints: that it is accepted, that it says what was asked for, and what it refuses. */

import { describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { mkdirSync, realpathSync } from "node:fs";
import { extname, join } from "node:path";
import process from "node:process";
import {
  CONFIG_TARGETS,
  type ConfigOptions,
  type ConfigTarget,
  printConfig,
} from "../../src/config/mod.ts";
import { removeFolder, temporaryFolder } from "../support/address.ts";
import { describeWith } from "../support/require.ts";
import { credentials } from "../support/web-server.ts";
import { forNode } from "../support/node.ts";
import { command, runtimes } from "../support/server.ts";
import { complaints, exposure, forThisSystemd, hasSystemd, unitsOf } from "./check.ts";

const root = join(import.meta.dirname, "../..");

/** Paths that exist here: systemd and nginx look. */
const here = {
  runtime: realpathSync(process.execPath),
  cli: join(root, "src/cli.ts"),
};

const table: [what: string, options: ConfigOptions][] = [
  ["nothing", {}],
  ["a TCP address", { listen: "127.0.0.1:9000" }],
  ["a port", { listen: 9000 }],
  ["an IPv6 address", { listen: "[::1]:4000" }],
  ["a Unix socket", { listen: "unix:/run/app/app.sock" }],
  ["a Unix socket with a strange name", { listen: "unix:/run/app+x/@,=~a-b_c.sock" }],
  ["a host", { host: "www.xn--bcher-kva.example" }],
  ["a name", { name: "my-shop_2" }],
  ["the longest name", { name: "a".repeat(24), static: "STATIC" }],
  ["another port of the site", { port: 8081 }],
  ["a mount", { mount: "/app" }],
  ["a mount with a slash at its end", { mount: "/a.b/c~d/" }],
  ["a static folder", { static: "STATIC" }],
  ["a mount and a static folder", { mount: "/app", static: "STATIC" }],
  ["a static folder with spaces and umlauts", { static: "STATIC/grüne Dateien" }],
  ["a folder to hand over from", { sendFile: "STATIC" }],
  ["another module", { module: "/srv/my app/größe.ts" }],
  ["a path to ask first", { auth: "/auth" }],
  ["another group", { group: "daemon" }],
  ["one request at a time", { connections: 1 }],
  ["another number of requests at a time", { connections: 3000 }],
  ["everything", {
    listen: "unix:/run/app/app.sock",
    host: "example.org",
    mount: "/app",
    static: "STATIC/grüne Dateien",
    sendFile: "STATIC",
    auth: "/app/auth",
  }],
];

/** The longest path of a Unix socket that each takes. */
const longest: Record<ConfigTarget, number> = {
  nginx: 107,
  lighttpd: 105,
  apache: 95,
  cherokee: 107,
  systemd: 107,
};
const pathOf = (bytes: number) => `unix:/${"a".repeat(bytes - 1)}`;

const describeTarget = (target: ConfigTarget, tests: () => void): void => {
  const title = `What scgi config ${target} prints`;
  if (target === "cherokee") describe(title, tests);
  else if (target !== "systemd") describeWith(target, title, tests);
  else if (hasSystemd || process.env.REQUIRE_WEB_SERVERS === "1") describe(title, tests);
  else test.skip(`${title} (systemd-analyze is not installed)`, () => {});
};

for (const target of CONFIG_TARGETS) {
  describeTarget(target, () => {
    test.each(table)("is accepted for %s", (_, options) => {
      const folder = temporaryFolder();
      try {
        mkdirSync(join(folder, "grüne Dateien"));
        const at = (path: string | undefined) => path?.replace("STATIC", folder);
        const { static: files, sendFile, ...rest } = options;
        const all = { ...here, ...rest, static: at(files), sendFile: at(sendFile) };
        expect(complaints(target, printConfig(target, all))).toBe("");
      } finally {
        removeFolder(folder);
      }
    });

    test("is accepted with the longest path of a Unix socket, and a longer one is refused", () => {
      const print = (bytes: number) => printConfig(target, { ...here, listen: pathOf(bytes) });
      const most = longest[target];
      expect(complaints(target, print(most))).toBe("");
      expect(() => print(most + 1)).toThrow(
        new RegExp(`has a path of over ${most} bytes, which .+ Choose a shorter one$`),
      );
      if (most === 107) return;
      const [path, longer] = [most, most + 1].map((bytes) => pathOf(bytes).slice("unix:".length));
      expect(complaints(target, print(most).replaceAll(path!, longer!))).toContain("too long");
    });
  });
}

describeTarget("nginx", () => {
  test("names the line for HTTP/2 that this version takes", () => {
    const { certificate, key } = credentials();
    const printed = printConfig("nginx");
    const lines = printed.match(/(?<=# {3})listen 443.+/g)!;
    const accepted = lines.filter((line) => {
      const files = `ssl_certificate ${certificate}; ssl_certificate_key ${key};`;
      const text = printed.replace("listen 80;", () => `listen 80;\n${line}\n${files}`);
      return complaints("nginx", text) === "";
    });
    expect(lines).toHaveLength(2);
    expect(accepted).toHaveLength(1);
  });
});

describeTarget("lighttpd", () => {
  test("leaves out what newer versions refuse requests for", () => {
    expect(printConfig("lighttpd")).not.toMatch(/^\s*server\.stream-request-body/m);
  });
});

describe("printConfig", () => {
  const everything: ConfigOptions = {
    listen: "unix:/run/shop/shop.sock",
    host: "shop.example",
    mount: "/shop",
    static: "/srv/shop/public",
    sendFile: "/srv/shop/invoices",
    group: "web",
  };
  const servers = CONFIG_TARGETS.filter((target) => target !== "systemd");

  test.each(servers)("for %s has all that was asked for", (target) => {
    const text = printConfig(target, everything);
    for (const value of Object.values(everything) as string[]) {
      expect(text).toContain(value.replace("unix:", ""));
    }
    expect(text).toContain("--strip-prefix /shop");
    expect(text).not.toContain("undefined");
    expect(text).not.toContain("4000");
    expect(text).toEndWith("\n");
    expect(text).not.toMatch(/[ \t]$/m);
    expect(text).not.toContain("\n\n\n");
  });

  test.each(CONFIG_TARGETS)("for %s has no line that is too long to read", (target) => {
    const parts: ConfigOptions[] = [{ site: true }, { location: true, mount: "/app" }];
    const forms = target === "systemd" ? [{}] : [{}, ...parts];
    for (const line of forms.flatMap((form) => printConfig(target, form).split("\n"))) {
      expect([...line].length).toBeLessThanOrEqual(100);
    }
  });

  test.each(CONFIG_TARGETS)(
    "for %s names after the app whatever another app has, too",
    (target) => {
      const printed = printConfig(target, { ...here, name: "shop", static: "/srv/www" });
      const code = printed.split("\n").filter((line) => !/^\s*#(?! ==)/.test(line)).join("\n");
      expect(code.replaceAll(/SCGI app|app\.ts/g, "")).not.toMatch(/(?<![a-z/-])app(?![a-z])/);
      expect(printed).toContain("scgi serve /srv/shop/app.ts".replace("scgi ", ""));
    },
  );

  test("for nginx has the parameters that keep uploads and hosts right", () => {
    const text = printConfig("nginx");
    expect(text).toMatch(/scgi_param CONTENT_LENGTH +\$content_length if_not_empty;/);
    expect(text).toMatch(/scgi_param HTTP_PROXY +"";/);
    expect(text).toMatch(/scgi_param SERVER_SOFTWARE +nginx\/\$nginx_version;/);
  });

  test("for nginx with a path to ask first claims no length of a body that is not passed on", () => {
    const location = printConfig("nginx", { auth: "/auth" }).split("location = /auth")[1];
    expect(location).toMatch(/scgi_pass_request_body off;/);
    expect(location).toMatch(/scgi_param CONTENT_LENGTH +0;/);
    expect(location).toMatch(/scgi_param HTTP_CONTENT_LENGTH "";/);
  });

  const numbers: [target: ConfigTarget, lines: (connections: number) => string[]][] = [
    [
      "nginx",
      (n) => [`worker_rlimit_nofile ${4 * n + 1024};`, `worker_connections ${2 * n + 64};`],
    ],
    ["lighttpd", (n) => [`server.max-connections = ${n}`, `server.max-fds = ${4 * n + 1024}`]],
    ["apache", (n) => [
      `#       ServerLimit         ${Math.ceil(n / 64)}`,
      `#       ThreadsPerChild     64`,
      `#       MaxRequestWorkers   ${Math.ceil(n / 64) * 64}`,
    ]],
    ["cherokee", (n) => [`server!fdlimit = ${4 * n + 1024}`]],
    ["systemd", (n) => [`LimitNOFILE=${4 * n + 1024}`]],
  ];
  test.each(numbers)("for %s derives all limits from one number", (target, lines) => {
    const of = (options: ConfigOptions) =>
      printConfig(target, options).split("\n").map((line) => line.trim());
    for (const connections of [1, 64, 100, 1500, 4096, 16_000]) {
      expect(of({ connections })).toEqual(expect.arrayContaining(lines(connections)));
    }
    expect(of({})).toEqual(expect.arrayContaining(lines(4096)));
  });

  test.each(CONFIG_TARGETS)("for %s lets the app take more than its own 10,000", (target) => {
    expect(printConfig(target, { connections: 10_000 })).not.toContain("--max-connections");
    expect(printConfig(target, { connections: 12_000 })).toContain(" --max-connections 12000");
  });

  test("for lighttpd asks for no more descriptors than it takes", () => {
    expect(printConfig("lighttpd", { connections: 16_127 })).toContain("server.max-fds = 65532\n");
    expect(() => printConfig("lighttpd", { connections: 16_128 })).toThrow(
      "connections is 16128: it must be 16127 at most for lighttpd",
    );
    expect(printConfig("nginx", { connections: 250_000 })).toContain(" 1001024;");
  });

  test("starts the app at a Unix socket that it can bind, and else at that of systemd", () => {
    const start = (bytes: number) =>
      /scgi serve .*/.exec(printConfig("nginx", { listen: pathOf(bytes) }))![0];
    expect(start(103)).toMatch(/--listen unix:\/a+ --group www-data$/);
    expect(start(104)).toEndWith("--listen systemd");
  });

  test("for Apache gives each Unix socket a worker of its own name", () => {
    const worker = (listen: string) =>
      /\|scgi:\/\/([^/]+)\//.exec(printConfig("apache", { listen }))?.[1];
    expect(worker("unix:/run/a/app.sock")).not.toBe(worker("unix:/run/b/app.sock"));
  });

  test("for systemd has a unit for the socket and one for the app", () => {
    const units = unitsOf(printConfig("systemd", everything));
    expect(Object.keys(units)).toEqual(["app.socket", "app.service"]);
    expect(units["app.socket"]).toContain("ListenStream=/run/shop/shop.sock\n");
    expect(units["app.socket"]).toContain("SocketGroup=web\nSocketMode=0660\n");
    expect(units["app.service"]).toContain("\nType=notify\nNotifyAccess=all\n");
    expect(units["app.service"]).toContain("--listen systemd --strip-prefix /shop\n");
  });

  test("for systemd reloads with workers alone, whom SIGHUP does not end", () => {
    const [alone, workers] = [undefined, 4].map((workers) => printConfig("systemd", { workers }));
    expect(alone).not.toMatch(/notify-reload|--workers|ExecReload/);
    expect(workers).toContain("\nType=notify-reload\n");
    expect(workers).toContain("--listen systemd --workers 4\n");
  });

  test("for systemd does not give up after quick crashes", () => {
    expect(printConfig("systemd")).toMatch(/^\[Unit\]\n(?:.+\n)*StartLimitIntervalSec=0$/m);
  });

  test.skipIf(!hasSystemd)("for systemd has the mark 1.3 (skipped without systemd-analyze)", () => {
    for (const workers of [undefined, 4]) {
      const { "app.service": unit = "" } = unitsOf(printConfig("systemd", { workers }));
      expect(exposure(forThisSystemd(unit))).toBe(1.3);
    }
  });

  test("for systemd has one unit where one was asked for", () => {
    for (const unit of ["socket", "service"] as const) {
      expect(Object.keys(unitsOf(printConfig("systemd", { unit })))).toEqual([`app.${unit}`]);
    }
  });

  test("for systemd runs on Deno where Deno is named", () => {
    const text = printConfig("systemd", { runtime: "/usr/bin/deno" });
    expect(text).toContain("\nExecStart=/usr/bin/deno run -A /opt/scgi/src/cli.ts serve ");
    expect(text).toContain("\n# ExecStart=/usr/local/bin/bun /opt/scgi/src/cli.ts serve ");
  });
});

describe("A value that a configuration cannot hold", () => {
  const hostile = [
    ...["'", '"', "\\", "$", "`", ";", "{", "}", "#", "%", "<", ">", "|", "*", "?", "[", "(", "!"],
    ...["\n", "\r", "\t", "\0", "\u007f", "\u2028", "\ufeff"],
  ];
  const paths = ["static", "sendFile", "module", "runtime", "cli"] as const;
  const refused = (options: ConfigOptions) => {
    for (const target of CONFIG_TARGETS) {
      expect(() => printConfig(target, options)).toThrow(
        expect.objectContaining({ name: "ScgiError", message: expect.not.stringMatching(/\n/) }),
      );
    }
  };

  test.each(hostile)("such as %j is refused everywhere", (character) => {
    for (const name of paths) refused({ [name]: `/srv/a${character}b` });
    refused({ listen: `unix:/run/a${character}b.sock` });
    refused({ listen: { unix: `/run/a${character}b.sock` } });
    refused({ listen: { hostname: `a${character}b`, port: 4000 } });
    refused({ host: `a${character}b` });
    refused({ mount: `/a${character}b` });
    refused({ auth: `/a${character}b` });
    refused({ group: `a${character}b` });
    refused({ name: `a${character}b` });
  });

  const cases: [what: string, options: ConfigOptions][] = [
    ["a relative folder", { static: "public" }],
    ["an empty folder", { static: "" }],
    ["the root folder", { static: "/" }],
    ["a folder with a space at its end", { static: "/srv/a " }],
    ["a folder with dot segments", { sendFile: "/srv/../etc" }],
    ["a socket with a space", { listen: "unix:/run/a b.sock" }],
    ["a relative socket", { listen: "unix:app.sock" }],
    ["an inherited socket", { listen: "fd:3" }],
    ["port 0", { listen: 0 }],
    ["an address that is none", { listen: "nowhere" }],
    ["a zone of IPv6", { listen: "[fe80::1%eth0]:4000" }],
    ["an empty host", { host: "" }],
    ["a host with a port", { host: "example.com:80" }],
    ["a host in letters of another script", { host: "bücher.example" }],
    ["a mount without a slash", { mount: "app" }],
    ["a mount with two slashes", { mount: "/a//b" }],
    ["a mount with dots", { mount: "/a/../b" }],
    ["a path to ask that is all of the app", { auth: "/" }],
    ["a path to ask outside the app", { mount: "/app", auth: "/auth" }],
    ["a group that looks like a flag", { group: "-x" }],
    ["a path that no Unix socket can have", { listen: pathOf(108) }],
    ["such a path in other letters", { listen: `unix:/${"ä".repeat(54)}` }],
    ["no name", { name: "" }],
    ["a name that begins with a digit", { name: "2nd" }],
    ["a name of 25 letters", { name: "a".repeat(25) }],
    ["port 0 of the site", { port: 0 }],
    ["a port of the site over 65535", { port: 65_536 }],
    ["locations of no mount", { location: true }],
    ["locations and a site in one", { location: true, site: true, mount: "/app" }],
    ["no connections", { connections: 0 }],
    ["a part of a connection", { connections: 1.5 }],
    ["more connections than a process can have", { connections: 250_001 }],
    ["no number of connections", { connections: NaN }],
    ["a text for the connections", { connections: "4096" as unknown as number }],
  ];
  test.each(cases)("such as %s is refused", (_, options) => refused(options));

  test("such as a name is refused for systemd, which looks none up", () => {
    expect(() => printConfig("systemd", { listen: "localhost:4000" })).toThrow(
      "must be an IP address",
    );
    expect(printConfig("nginx", { listen: "localhost:4000" })).toContain("server localhost:4000;");
  });
});

describe.each(runtimes.map((runtime) => ({ runtime })))("scgi config ($runtime)", ({ runtime }) => {
  const scgi = (...args: string[]) => {
    const [program, words] = command(runtime, ["src/cli.ts", "config", ...args]);
    const env = { ...process.env, NO_COLOR: "1" };
    const { status, stdout, stderr } = spawnSync(program, words, {
      cwd: root,
      env,
      encoding: "utf8",
    });
    return { status, stdout, stderr };
  };

  test("prints what printConfig makes of its flags", () => {
    const flags = ["--listen", "unix:/run/a.sock", "--host", "a.example", "--mount", "/a"];
    const folders = ["--static", "/srv/a", "--send-file", "/srv/b", "--auth", "/a/auth"];
    const more = ["--group", "web", "--connections", "100"];
    more.push("--name", "a", "--site", "--port", "81");
    const { status, stdout } = scgi("nginx", ...flags, ...folders, ...more);
    expect(status).toBe(0);
    expect(stdout).toBe(printConfig("nginx", {
      listen: "unix:/run/a.sock",
      host: "a.example",
      mount: "/a",
      static: "/srv/a",
      sendFile: "/srv/b",
      auth: "/a/auth",
      group: "web",
      connections: 100,
      name: "a",
      site: true,
      port: 81,
    }));
  });

  test("names itself in a unit, unless told otherwise", () => {
    const cli = runtime === "node" ? forNode("src/cli.ts") : join(root, "src/cli.ts");
    expect(scgi("systemd").stdout).toMatch(
      new RegExp(
        `^ExecStart=\\S*/${runtime}(\\.exe)? .*${cli} serve /srv/app/app${extname(cli)} `,
        "m",
      ),
    );
    expect(scgi("systemd", "--runtime", "/bin/x", "--cli", "/opt/c.ts").stdout).toContain(
      "\nExecStart=/bin/x /opt/c.ts serve /srv/app/app.ts --listen systemd\n",
    );
  });

  const cases: [what: string, says: RegExp, args: string[]][] = [
    ["no target", /needs a target: nginx, lighttpd/, []],
    ["two targets", /one target/, ["nginx", "apache"]],
    ["a target that there is not", /not "iis"/, ["iis"]],
    ["a target of Object.prototype", /not "toString"/, ["toString"]],
    ["a flag that there is not", /--nope/, ["nginx", "--nope"]],
    ["a value that cannot be", /^scgi: --send-file is "a;b"/, ["nginx", "--send-file", "a;b"]],
    ["an address that cannot be", /nowhere/, ["nginx", "--listen", "nowhere"]],
    ["a flag that would do nothing", /--auth does not apply to scgi config apache/, [
      "apache",
      "--auth",
      "/auth",
    ]],
    ["a folder for systemd", /--send-file does not apply to scgi config systemd/, [
      "systemd",
      "--send-file",
      "/srv",
    ]],
    ["a site of systemd", /--site does not apply to scgi config systemd/, ["systemd", "--site"]],
    ["locations of no mount", /^scgi: --location is true: it needs a mount/, [
      "nginx",
      "--location",
    ]],
    ["a name that cannot be", /^scgi: --name is "a b": it must have/, ["nginx", "--name", "a b"]],
    ["a port that is none", /--port must be a whole number, not "http"/, [
      "nginx",
      "--port",
      "http",
    ]],
    ["a number that is none", /--connections must be a whole number, not "many"/, [
      "nginx",
      "--connections",
      "many",
    ]],
    ["a number that cannot be", /^scgi: --connections is 0: it must be/, [
      "nginx",
      "--connections",
      "0",
    ]],
    ["no workers", /^scgi: --workers is 0: it must be/, ["systemd", "--workers", "0"]],
    ["a unit that there is not", /--unit is "timer"/, ["systemd", "--unit", "timer"]],
  ];
  test.each(cases)("exits with 2 and one line for %s", (_, says, args) => {
    const { status, stdout, stderr } = scgi(...args);
    expect(stderr).toMatch(says);
    expect(stderr).toMatch(/^scgi: [^\n]+\n$/);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  });
});
