/** What `scgi check --nginx` finds in a configuration, and in the files that it includes. */

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { readNginx } from "../../../src/cli/check/nginx-files.ts";
import { findPasses, otherPasses, type Pass } from "../../../src/cli/check/nginx-passes.ts";
import { printConfig } from "../../../src/config/mod.ts";
import { formatAddress } from "../../../src/address.ts";
import { removeFolder, temporaryFolder } from "../../support/address.ts";
import { describeWith } from "../../support/require.ts";

let folder: string;
beforeAll(() => {
  folder = temporaryFolder();
});
afterAll(() => removeFolder(folder));

function write(name: string, text: string): string {
  const file = join(folder, name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
}
const passesOf = (file: string): Pass[] => findPasses(readNginx(file).directives);
const addressesOf = (pass: Pass): string[] => pass.addresses.map(formatAddress);
const PARAMS = "scgi_param SCGI 1; scgi_param REQUEST_METHOD $request_method; " +
  "scgi_param REQUEST_URI $request_uri;";

/** The passes of the lines of a server. */
function inServer(lines: string, http = ""): Pass[] {
  return passesOf(write("lines/site.conf", `${http} server { server_name a.test; ${lines} }`));
}

describe("The addresses", () => {
  test("are those of all files, in the order of the includes, and of upstreams in any of them", () => {
    const main = write(
      "etc/nginx.conf",
      `user www-data;
events {}
http {
  include params;
  include conf.d/*.conf;
  include sites-enabled/*;
  include none/*.conf;
}
`,
    );
    write("etc/params", PARAMS);
    write("etc/conf.d/b.conf", "server { location / { scgi_pass two; } }");
    write(
      "etc/conf.d/a.conf",
      "server { server_name _ ~^x$ one.test; scgi_pass unix:/run/1.sock; }",
    );
    write("etc/conf.d/a.conf.bak", "server { scgi_pass unix:/run/bak.sock; }");
    write("etc/conf.d/.hidden.conf", "server { scgi_pass unix:/run/hidden.sock; }");
    const site = write(
      "etc/sites-enabled/two",
      `upstream two {
  server 127.0.0.1:4001 weight=2; server [::1]:4002 backup; server unix:/run/2.sock;
  server 192.0.2.1; server 192.0.2.2:4000 down; keepalive 2;
}`,
    );
    const passes = passesOf(main);
    expect(passes.map(addressesOf)).toEqual([
      ["unix:/run/1.sock"],
      ["127.0.0.1:4001", "[::1]:4002", "unix:/run/2.sock", "192.0.2.1:80"],
    ]);
    expect(passes.map(({ where }) => where)).toEqual([
      `${folder}/etc/conf.d/a.conf:1 of one.test: scgi_pass unix:/run/1.sock`,
      `${folder}/etc/conf.d/b.conf:1, location / of localhost: scgi_pass two`,
    ]);
    expect(passes.flatMap(({ findings }) => findings)).toEqual([]);
    // A site alone has the user of the nginx.conf above it.
    expect([readNginx(main).user, readNginx(site).user]).toEqual(["www-data", "www-data"]);
  });

  test("with variables, and those that are none, are told", () => {
    const [variable, none] = inServer(
      `${PARAMS} location /a { scgi_pass unix:/run/$host.sock; } location /b { scgi_pass app; }`,
    );
    expect(variable!.findings).toMatchObject([{ mark: "note" }]);
    expect(variable!.findings[0]!.text).toContain(
      "what its variables hold is known to nginx alone",
    );
    expect(none!.findings).toMatchObject([{ mark: "no" }]);
    expect(none!.findings[0]!.text).toContain("passes to app, which is no upstream of this file");
    expect(variable!.addresses).toEqual([]);
  });

  test("of other protocols are named where there is none of SCGI", () => {
    const file = write("other.conf", "server { location / { proxy_pass http://127.0.0.1:4000; } }");
    expect(passesOf(file)).toEqual([]);
    expect(otherPasses(readNginx(file).directives)).toEqual(["proxy_pass http://127.0.0.1:4000"]);
  });

  test("of what scgi config prints are found, with nothing wrong", () => {
    const options = { listen: "unix:/run/a.sock", mount: "/a", static: "/srv/a", auth: "/a/auth" };
    const passes = passesOf(write("printed.conf", printConfig("nginx", options)));
    expect(passes.map(addressesOf)).toEqual(Array(3).fill(["unix:/run/a.sock"]));
    expect(passes.flatMap(({ findings }) => findings)).toEqual([]);
    expect(passes.map(({ bufferBytes }) => bufferBytes)).toEqual(Array(3).fill(16_384));
  });
});

describe("The settings", () => {
  test("of a block count in it, and nginx's own elsewhere", () => {
    const bytes = inServer(
      `${PARAMS} scgi_buffer_size 8k;
       location /a { scgi_pass :1; scgi_buffer_size 1m; } location /b { scgi_pass :1; }`,
    ).map(({ bufferBytes }) => bufferBytes);
    expect(bytes).toEqual([1_048_576, 8192]);
    expect(inServer(`${PARAMS} scgi_pass 127.0.0.1:1;`)[0]!.bufferBytes).toBe(4096);
  });

  test("of the parameters are not inherited beside one of a block's own", () => {
    const [bare, inherited, own] = inServer(`
      location /a { scgi_pass 127.0.0.1:1; }
    `).concat(inServer(`${PARAMS}
      location /b { if ($arg_x) { scgi_pass 127.0.0.1:1; } }
      location /c { scgi_param HTTPS on; scgi_pass 127.0.0.1:1; }
    `));
    expect(bare!.findings).toMatchObject([{ mark: "no", mend: ["include scgi_params;"] }]);
    expect(inherited!.findings).toEqual([]);
    expect(own!.findings[0]!.text).toContain("sends no SCGI, no REQUEST_METHOD, no REQUEST_URI");
  });

  test("that cut uploads short before nginx 1.29.6 are told", () => {
    const [wrong, right] = inServer(`${PARAMS} scgi_request_buffering off; location /a {
      scgi_pass 127.0.0.1:1; }`).concat(inServer(`${PARAMS} scgi_request_buffering off;
      scgi_param CONTENT_LENGTH $content_length if_not_empty; scgi_pass 127.0.0.1:1;`));
    expect(wrong!.findings).toMatchObject([{
      mark: "no",
      mend: ["scgi_param CONTENT_LENGTH $content_length if_not_empty;"],
    }]);
    expect(right!.findings).toEqual([]);
  });
});

describe("A file", () => {
  test("that is included and missing is told, with the line", () => {
    const file = write("missing.conf", "server {\n  include none.conf;\n}\n");
    expect(readNginx(file).findings).toMatchObject([{
      mark: "no",
      text: `${file}:2 includes ${folder}/none.conf, which does not exist`,
    }]);
  });

  test("whose pattern is none of glob(3) includes no file", () => {
    const file = write("pattern.conf", "include [z-a]*;\ninclude [a;\n");
    expect(readNginx(file)).toMatchObject({ directives: [], findings: [] });
  });

  test("that includes itself ends", () => {
    const file = write(
      "loop.conf",
      `server { ${PARAMS} scgi_pass 127.0.0.1:1; }\ninclude loop.conf;`,
    );
    expect(passesOf(file).length).toBeGreaterThan(0);
  });

  test("that cannot be read is an error with its name", () => {
    expect(() => readNginx(join(folder, "none.conf"))).toThrow(
      `${folder}/none.conf cannot be read`,
    );
    const broken = write("broken.conf", "http {\n");
    expect(() => readNginx(broken)).toThrow(`${broken} cannot be read: Line 1`);
  });
});

describeWith("nginx", "Debian's own configuration", () => {
  test("is read with all that it includes", () => {
    const copy = join(folder, "debian");
    cpSync("/etc/nginx", copy, { recursive: true, verbatimSymlinks: true });
    write(
      "debian/conf.d/app.conf",
      "server { location / { include scgi_params; scgi_pass 127.0.0.1:4000; } }",
    );
    const text = `include ${copy}/conf.d/*.conf;`;
    const site = write("debian/only.conf", text);
    expect(readNginx(join(copy, "nginx.conf")).user).toBe("www-data");
    const [pass] = passesOf(site);
    expect(addressesOf(pass!)).toEqual(["127.0.0.1:4000"]);
    expect(pass!.findings).toEqual([]);
  });
});
