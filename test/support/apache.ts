/** Debian's Apache, with the configuration that `scgi config apache` prints. */

import { printConfig } from "../../src/config/mod.ts";
import { edited, type Places, type Program } from "./program.ts";

/** What Debian's Apache loads unless told otherwise, and what the printed file asks for. */
const modules = [
  ...["mpm_event", "authz_core", "authz_host", "authz_user", "authn_core", "authn_file"],
  ...["auth_basic", "alias", "deflate", "dir", "env", "filter", "mime", "reqtimeout", "setenvif"],
  ...["proxy", "proxy_scgi", "rewrite", "ssl"],
];

/** The lines that a site has in comments, since they are the whole server's. */
function limits(site: string): string {
  const block = /^# {3}<IfModule mpm_event_module>\n[^]*?^# {3}<\/IfModule>\n/m.exec(site)?.[0];
  if (block === undefined) throw new Error(`The printed site has no limits:\n${site}`);
  return block.replace(/^#/gm, "");
}

/**
 * What is around a site: Debian's /etc/apache2/apache2.conf, with the places of this one, and the
 * limits that the site names.
 */
function server(site: string, { folder, port, securePort, pidFile }: Places): string {
  const load = modules.map((name) =>
    `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so\n`
  ).join("");
  return `${load}
ServerRoot ${folder}
DefaultRuntimeDir ${folder}
PidFile ${pidFile}
User www-data
Group www-data
Listen 127.0.0.1:${port}
Listen 127.0.0.1:${securePort}
ErrorLog ${folder}/error.log
LogLevel warn
LogFormat "%h %l %u %t \\"%r\\" %>s %O \\"%{Referer}i\\" \\"%{User-Agent}i\\"" combined
TypesConfig /etc/mime.types
${limits(site)}Include /etc/apache2/mods-available/deflate.conf
Include /etc/apache2/mods-available/reqtimeout.conf
Include /etc/apache2/mods-available/setenvif.conf
<Directory />
  Options FollowSymLinks
  AllowOverride None
  Require all denied
</Directory>
`;
}

export const apache: Program = {
  configuration(site, places) {
    const { port, securePort, certificate, key, passwords } = places;
    const location = `
    <Location "/private">
        AuthType Basic
        AuthName "private"
        AuthUserFile ${passwords}
        Require valid-user
    </Location>
</VirtualHost>
`;
    const printed = edited(printConfig("apache", site), [["\n</VirtualHost>\n", location]]);
    const plain = edited(printed, [["<VirtualHost *:80>", `<VirtualHost *:${port}>`]]);
    const secure = edited(printed, [
      ["<VirtualHost *:80>", `<VirtualHost *:${securePort}>`],
      ["#   SSL", "SSL"],
      ["/etc/letsencrypt/live/example.com/fullchain.pem", certificate],
      ["/etc/letsencrypt/live/example.com/privkey.pem", key],
    ]);
    return server(printed, places) + plain + secure;
  },
  // Its end is sent to its whole process group, which must not be that of the tests.
  args: (file) => ["-D", "NO_DETACH", "-f", file],
  env: ({ folder }) => ({ APACHE_LOG_DIR: folder, APACHE_RUN_DIR: folder }),
  chatter: /:notice\]|\[ssl:warn\]|^$/,
};
