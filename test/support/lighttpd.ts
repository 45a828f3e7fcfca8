/** Debian's lighttpd, with the configuration that `scgi config lighttpd` prints. */

import { printConfig } from "../../src/config/mod.ts";
import { edited, type Program } from "./program.ts";

export const lighttpd: Program = {
  configuration(site, { folder, port, securePort, certificate, key, passwords, pidFile }) {
    const front = `
server.port = ${port}
server.bind = "127.0.0.1"
auth.backend = "htpasswd"
auth.backend.htpasswd.userfile = "${passwords}"
auth.require = ( "/private" =>
    ( "method" => "basic", "realm" => "private", "require" => "valid-user" )
)
`;
    return edited(printConfig("lighttpd", site), [
      ["server.modules = (\n", `server.modules = (\n"mod_auth", "mod_authn_file", "mod_openssl",`],
      ["\nserver.port = 80\n", front],
      ["/var/log/lighttpd/", `${folder}/`],
      ["/run/lighttpd.pid", pidFile],
      ["/var/cache/lighttpd/uploads", `${folder}/uploads`],
      [`#   $SERVER["socket"] == ":443" {`, `$SERVER["socket"] == "127.0.0.1:${securePort}" {`],
      ["#       ssl.", "ssl."],
      ["#   }\n", "}\n"],
      ["/etc/letsencrypt/live/example.com/fullchain.pem", certificate],
      ["/etc/letsencrypt/live/example.com/privkey.pem", key],
    ]);
  },
  args: (file) => ["-D", "-f", file],
  chatter: /server started|server stopped|^$/,
};
