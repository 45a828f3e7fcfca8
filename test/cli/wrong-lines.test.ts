/**
 * Wrong command lines: each ends with the status 2, after one line on stderr that names the flag or the
 * argument. All lines of a runtime run in one process, which serves nothing and connects to nothing.
 */

import { describe, expect, test } from "bun:test";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { runtimes, spawnScript } from "../support/server.ts";
import { folderOf, HELLO } from "./folder.ts";

const LONG = "a".repeat(120);

/** The command line, and a part of what it prints. */
type Line = [line: string, says: string];

const lines: Line[] = [
  ["", "A command must be given"],
  ["sreve app.mjs", "Did you mean serve?"],
  ["ser app.mjs", "Did you mean serve?"],
  ["--port", "is not a command"],
  ["help nothing", '"nothing" is not a command'],
];

const OF_SERVERS: Line[] = [
  ["--listn 4000", "--listn is not a flag"],
  ["--host 0.0.0.0", "--host is not a flag of scgi COMMAND. Did you mean --hostname?"],
  ["--max-body 5", "Did you mean --max-body-bytes?"],
  ["--shutdown 5", "Did you mean --shutdown-timeout?"],
  ["-p 4000", "-p is not a flag"],
  ["--no-listen", "--no-listen is not a flag"],
  ["--quiet=yes", "--quiet takes no value"],
  ["--listen nonsense", "--listen nonsense cannot be used"],
  ["--listen 127.0.0.1", "--listen 127.0.0.1 cannot be used"],
  ["--listen localhost", "--listen localhost cannot be used"],
  ["--listen http://127.0.0.1:4000", "--listen http://127.0.0.1:4000 cannot be used: it is a URL"],
  ["--listen ./app.sock", "--listen ./app.sock cannot be used: it is a path"],
  ["--listen unix:", "--listen unix: cannot be used"],
  [`--listen unix:${LONG}`, "The path of --listen is over 103 bytes"],
  ["--listen fd:x", "--listen fd:x cannot be used"],
  ["--status nonsense", "--status nonsense cannot be used"],
  ["--status 99999", "--status 99999 cannot be used: its port"],
  ["--status unix:", "--status unix: cannot be used"],
  ["--status fd:3", "--status must be [HOST:]PORT or unix:PATH, not fd:3"],
  ["--listen fd:99999999999", "--listen fd:99999999999 cannot be used"],
  ["--listen 127.0.0.1:99999", "--listen 127.0.0.1:99999 cannot be used"],
  ["--listen 70000", "--listen 70000 cannot be used"],
  ["--listen [::1:4000", "--listen [::1:4000 cannot be used"],
  ["--listen ::1:4000", "--listen ::1:4000 cannot be used"],
  ["--listen :4000", "--listen :4000 cannot be used"],
  ["--listen=", '--listen "" cannot be used'],
  ["--listen 0 --listen nonsense", "--listen nonsense cannot be used"],
  ["--listen 4000 --port 4001", "--listen and --port cannot be given together"],
  ["--listen 4000 --hostname ::1", "--listen and --hostname cannot be given together"],
  ["--unix a.sock --port 4001", "--unix and --port cannot be given together"],
  ["--unix a.sock --listen 4000", "--listen and --unix cannot be given together"],
  ["--unix a.sock --fd 3", "--unix and --fd cannot be given together"],
  ["--fd 3 --port 4000", "--fd and --port cannot be given together"],
  ["--unix=", "--unix must not be empty"],
  ["--unix unix:a.sock", "The path of --unix must be a path"],
  [`--unix ${LONG}`, "The path of --unix is over 103 bytes"],
  ["--hostname=", "--hostname must be"],
  ["--hostname 127.0.0.1:4000", "--hostname must be"],
  ["--hostname http://x", "--hostname must be"],
  ["--port x", "--port must be a whole number"],
  ["--port -1", "--port needs a value before the next flag"],
  ["--port=-1", "--port must be a whole number"],
  ["--port 65536", "--port must be a whole number from 0 to 65535"],
  ["--port 1.5", "--port must be a whole number"],
  ["--port=", "--port must be a whole number"],
  ["--fd x", "--fd must be a whole number"],
  ["--fd 99999999999", "--fd must be a whole number"],
  ["--unix a.sock --mode 999", "--mode must be three octal digits"],
  ["--unix a.sock --mode 4660", "--mode must be three octal digits"],
  ["--unix a.sock --mode=", "--mode must be three octal digits"],
  ["--mode 660 --port 4000", "--mode has no effect on 127.0.0.1:4000: it is for a Unix socket"],
  ["--mode 660 --listen [::1]:4000", "--mode has no effect on [::1]:4000"],
  ["--mode 660 --fd 3", "--mode has no effect on fd:3"],
  ["--mode 660 --listen systemd", "--mode has no effect on systemd"],
  ["--group root --port 4000", "--group has no effect on 127.0.0.1:4000"],
  ["--unix a.sock --group=", "--group must be the name of a group"],
  ["--unix a.sock --reuse-port", "--reuse-port has no effect on unix:a.sock"],
  ["--fd 3 --reuse-port", "--reuse-port has no effect on fd:3"],
  ["--allow nonsense", '--allow must hold addresses and CIDR blocks, and holds "nonsense"'],
  ["--allow 10.0.0.0/33", '"10.0.0.0/33"'],
  ["--allow 10.0.0.1 --allow example.com", '"example.com"'],
  ["--allow=", '--allow must hold addresses and CIDR blocks, and holds ""'],
  ["--http nonsense", '--http must be [HOST:]PORT, as in 8080, not "nonsense"'],
  ["--http unix:/x", "--http must be [HOST:]PORT"],
  ["--http 127.0.0.1:99999", "--http must be [HOST:]PORT"],
  ["--http http://127.0.0.1:80", "--http must be [HOST:]PORT"],
  ["--http=", "--http must be [HOST:]PORT"],
  ["--http systemd", "--http must be [HOST:]PORT"],
  ["--http 8080 --fd 3", "--http cannot be used with an inherited socket"],
  ["--http 8080 --listen systemd", "--http cannot be used with an inherited socket"],
  ["--strip-prefix app", '--strip-prefix is "app", and must begin with a slash'],
  ["--strip-prefix=", '--strip-prefix is "", and must begin with a slash'],
  ["--url-from x", '--url-from must be "request-uri" or "path-info"'],
  ["--max-headers x", "--max-headers must be a whole number"],
  ["--max-connections 0", "--max-connections is 0, and must be a whole number from 1 on"],
  ["--max-connections=-5", "--max-connections must be a whole number"],
  ["--max-body-bytes 1M", "--max-body-bytes must be a whole number"],
  ["--head-timeout 10s", "--head-timeout must be a whole number"],
  ["--shutdown-timeout=", "--shutdown-timeout must be a whole number"],
  ["--drain-bytes 99999999999999999999", "--drain-bytes must be a whole number from 0 to"],
  ["--watch --fd 0", "--watch cannot be used with an inherited socket"],
];
for (const [flags, says] of OF_SERVERS) {
  lines.push([`serve app.mjs ${flags}`, says.replace("COMMAND", "serve")]);
  lines.push([`run ${flags} app.mjs`, says.replace("COMMAND", "run")]);
}

lines.push(
  ["serve app.mjs other.mjs", "scgi serve takes one module"],
  ["serve --port", "--port needs a value"],
  ["serve app.mjs --mode 660", "--mode has no effect on 127.0.0.1:4000"],
  ["serve app.mjs --workers x", "--workers must be a whole number"],
  ["serve app.mjs --workers 0", "--workers must be a whole number from 1 to 1024"],
  ["serve app.mjs --workers 9999999", "--workers must be a whole number from 1 to 1024"],
  ["serve app.mjs --workers 2 --mode 660", "--mode has no effect"],
  ["serve app.mjs --workers 2 --listen nonsense", "--listen nonsense cannot be used"],
  ["serve app.mjs --workers 2 --worker-timeout x", "--worker-timeout must be a whole number"],
  ["serve app.mjs --start-timeout 5", "--start-timeout needs --workers"],
  ["serve app.mjs --worker-timeout 5", "--worker-timeout needs --workers"],
  ["serve app.mjs --watch --workers 2", "--watch and --workers cannot be given together"],
  ["serve app.mjs --binding =x", "--binding needs a name"],
  ["serve app.mjs --binding NOT_THERE", "--binding NOT_THERE needs a value"],
  ["run", "scgi run needs a file"],
  ["run --listen", "--listen needs a value"],
  ["run --workers 2 app.mjs", "--workers is not a flag of scgi run"],
  ["run --binding X=1 app.mjs", "--binding is not a flag of scgi run"],
  ["fetch", "scgi fetch needs an address or a module, and a URL"],
  ["fetch 4000", "scgi fetch needs an address or a module, and a URL"],
  ["fetch 4000 / x", "scgi fetch needs an address or a module, and a URL"],
  ["fetch nonsense /", "The address nonsense cannot be used"],
  ["fetch unix: /", "The address unix: cannot be used"],
  ["fetch systemd /", "The address systemd cannot be used"],
  ["fetch fd:3 /", "The address fd:3 cannot be used"],
  ["fetch 99999 /", "The address 99999 cannot be used"],
  ["fetch 4000 ftp://x/", "URL must be an http or https URL"],
  ["fetch 4000 http://[/", "URL must be an http or https URL"],
  ["fetch 4000 / -X", "--request needs a value"],
  ["fetch 4000 / -X TRACE", "--request cannot be TRACE"],
  ["fetch 4000 / -X connect", "--request cannot be connect"],
  ["fetch 4000 / -X A%20B", '--request must be an HTTP method, not "A B"'],
  ["fetch 4000 / --request=", "--request must be an HTTP method"],
  ["fetch 4000 / -X GET -d x", "--request GET cannot have a body"],
  ["fetch 4000 / -X HEAD -d x", "--request HEAD cannot have a body"],
  ["fetch 4000 / -X get --data-file app.mjs", "--request get cannot have a body"],
  ["fetch 4000 / -H nocolon", "--header must be 'Name: value'"],
  ["fetch 4000 / -H :%20x", "--header must be 'Name: value'"],
  ["fetch 4000 / --data-file=", "--data-file needs the path of a file"],
  ["fetch 4000 / --output=", "--output needs the path of a file"],
  ["fetch 4000 / -d x --data-file app.mjs", "--data and --data-file cannot be given together"],
  ["fetch 4000 / --raw -f", "--raw and --fail cannot be given together"],
  ["fetch 4000 / -m 0", "--max-time must be a number of seconds"],
  ["fetch 4000 / -m x", "--max-time must be a number of seconds"],
  ["fetch 4000 / --env =x", "--env needs a name"],
  ["fetch 4000 / --env NOT_THERE", "--env NOT_THERE needs a value"],
  ["fetch 4000 / --env SCGI=2", "--env cannot set SCGI"],
  ["fetch 4000 / --env CONTENT_LENGTH=5", "--env cannot set CONTENT_LENGTH"],
  ["fetch 4000 / -L", "-L is not a flag of scgi fetch"],
  ["gateway", "scgi gateway needs an address"],
  ["gateway 4000 4001", "scgi gateway takes one address"],
  ["gateway nonsense", "The address nonsense cannot be used"],
  ["gateway fd:3", "The address fd:3 cannot be used"],
  ["gateway systemd", "The address systemd cannot be used"],
  ["gateway 4000 --http nonsense", "--http must be [HOST:]PORT"],
  ["gateway 4000 --http 99999", "--http must be [HOST:]PORT"],
  ["gateway 4000 --base-path app", '--base-path is "app"'],
  ["gateway 4000 --connect-timeout x", "--connect-timeout must be a whole number"],
  ["gateway 4000 --reply-timeout 1.5", "--reply-timeout must be a whole number"],
  ["gateway 4000 --max-buffered-bytes 99999999999999999999", "--max-buffered-bytes must be"],
  ["gateway 4000 --listen 80", "--listen is not a flag of scgi gateway"],
  ["config", "scgi config needs a target"],
  ["config ngnix", "Did you mean nginx?"],
  ["config nginx apache", "scgi config takes one target"],
  ["config nginx --listen nonsense", "--listen nonsense cannot be used"],
  ["config nginx --listen systemd", "--listen systemd cannot be used"],
  ["config nginx --listen fd:3", '--listen is "fd:3"'],
  ["config nginx --listen 0", '--listen is "0"'],
  ["config nginx --name a%20b", '--name is "a b"'],
  ["config nginx --host a%20b", '--host is "a b"'],
  ["config nginx --hostname x", "Did you mean --host?"],
  ["config nginx --port 99999", "--port is 99999"],
  ["config nginx --port x", "--port must be a whole number"],
  ["config nginx --mount app", '--mount is "app"'],
  ["config nginx --static srv", '--static is "srv"'],
  ["config nginx --send-file srv", '--send-file is "srv"'],
  ["config nginx --connections 0", "--connections is 0"],
  ["config nginx --group a%20b", '--group is "a b"'],
  ["config nginx --unit socket", "--unit does not apply to scgi config nginx"],
  ["config nginx --location", "--location"],
  ["config lighttpd --auth /x", "--auth does not apply to scgi config lighttpd"],
  ["config cherokee --site", "--site does not apply to scgi config cherokee"],
  ["config systemd --unit x", '--unit is "x"'],
  ["config systemd --runtime deno", '--runtime is "deno"'],
  ["check", "scgi check needs an address"],
  ["check nonsense", "The address nonsense cannot be used"],
  ["check fd:3", "scgi check needs unix:/path or HOST:PORT"],
  ["check 4000 4001", "scgi check needs an address"],
  ["check 4000 --as no-such-user", "--as must be a user of this system"],
  ["check 4000 -m x", "--max-time must be a number of seconds"],
  ["check --nginx=", "--nginx needs the path of a file"],
  ["check 4000 --nginx x.conf", "scgi check needs an address or --nginx FILE"],
  ["completion", "scgi completion needs a shell"],
  ["completion tcsh", "scgi completion needs a shell"],
);

describe.each(runtimes)("a wrong command line ends with 2 and one line (%s)", (runtime) => {
  test(`in each of ${lines.length} cases`, async () => {
    const cwd = folderOf({ "app.mjs": HELLO });
    mkdirSync(join(cwd, "folder"));
    // A space in a word is written as in a URL.
    const words = lines.map(([line]) => line === "" ? [] : line.split(" ").map(decodeURIComponent));
    const child = spawnScript(runtime, ["test/cli/try-lines.ts", cwd, JSON.stringify(words)]);
    expect(await child.exited).toBe(0);
    const outcomes = child.stdout.trimEnd().split("\n").map((text) => JSON.parse(text));
    const wrong = lines.map(([line, says], at) => {
      const { status, text } = outcomes[at] ?? { status: "none", text: "" };
      const isRight = status === 2 && /^scgi: [^\n]+\n$/.test(text) && text.includes(says);
      return isRight ? undefined : { line, says, status, text };
    });
    expect(wrong.filter((found) => found !== undefined)).toEqual([]);
  }, 30_000);
});
