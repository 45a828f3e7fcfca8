/** Debian's nginx, with the configuration that `scgi config nginx` prints. */

import { printConfig } from "../../src/config/mod.ts";
import { edited, type Program } from "./program.ts";

export const nginx: Program = {
  configuration(site, { folder, port, securePort, certificate, key, passwords }) {
    const temporary = ["client_body", "scgi", "proxy", "fastcgi", "uwsgi"]
      .map((kind) => `    ${kind}_temp_path ${folder}/${kind};\n`).join("");
    const front = `
        listen 127.0.0.1:${port};
        listen 127.0.0.1:${securePort} ssl http2;
        location /private {
            auth_basic "private";
            auth_basic_user_file ${passwords};
            scgi_pass app;
        }
`;
    return edited(printConfig("nginx", site), [
      ["/var/log/nginx/", `${folder}/`],
      ["\nhttp {\n", `\nhttp {\n${temporary}`],
      ["\n        listen 80;\n", front],
      ["# scgi_param REMOTE_USER ", "scgi_param REMOTE_USER "],
      // These two are right outside of a server as well.
      ["#   ssl_certificate ", "ssl_certificate "],
      ["#   ssl_certificate_key ", "ssl_certificate_key "],
      ["/etc/letsencrypt/live/example.com/fullchain.pem", certificate],
      ["/etc/letsencrypt/live/example.com/privkey.pem", key],
    ]);
  },
  args: (file, { folder, pidFile }) => [
    ...["-p", folder, "-c", file],
    ...["-g", `daemon off; pid ${pidFile};`],
  ],
  chatter: /^$/,
};
