/**
 * Prints the configuration of lighttpd in front of an app.
 *
 * @module
 */

import { MIME_TYPES } from "./mime.ts";
import { type Backend, type Settings, startLine } from "./settings.ts";

/** The prefix to which paths other than files are rewritten; `request.url` has the original path. */
const INNER = "/.scgi";

/** A whole `lighttpd.conf`. */
export function lighttpd(settings: Settings): string {
  const { host, group, mount, static: folder } = settings;
  const root = mount === "" && folder !== undefined ? folder : "/var/www/html";
  return `# lighttpd in front of an SCGI app: a whole configuration, ready to paste.
#
#   sudo cp lighttpd.conf /etc/lighttpd/lighttpd.conf
#   sudo lighttpd -tt -f /etc/lighttpd/lighttpd.conf && sudo systemctl restart lighttpd
#
# To adapt: the address in \`scgi.server\`, \`server.port\` and \`server.name\`. The rest can stay.
# For one site among others, put the part from "The app" on into a file of
# /etc/lighttpd/conf-available/, inside $HTTP["host"] == "${host}" { … }.
# The tests of this project run this very file (lighttpd 1.4.69).

server.compat-module-load = "disable"
server.modules = (
${modules(settings)})

server.port = 80
server.username = "www-data"
server.groupname = "${group}"
server.document-root = "${root}"
server.errorlog = "/var/log/lighttpd/error.log"
server.pid-file = "/run/lighttpd.pid"
# With "mod_accesslog" among the modules:
# accesslog.filename = "/var/log/lighttpd/access.log"

# Uploads of over 64 kB wait here until they are whole.
server.upload-dirs = ( "/var/cache/lighttpd/uploads" )

# Large cookies: the head of a request up to 32 kB (lighttpd's own limit is 8 kB).
server.max-request-field-size = 32768

# The upload limit in kB: 1 GB (lighttpd has no limit by default). The app can have a lower one:
# --max-body-bytes.
server.max-request-size = 1048576

# The app

# The value of SERVER_NAME.
server.name = "${host}"

# Responses are sent as they arrive, event streams as well, and a response that fails is cut off.
# Without this line, lighttpd collects a whole response before it sends its first byte.
server.stream-response-body = 1

# The longest silence of the app, in seconds: lighttpd's own 360 would end a quiet event stream.
server.max-write-idle = 3600

# The app gets an upload when all of it has arrived. With 1, the app would get it while it arrives,
# but lighttpd would refuse uploads without a length (Transfer-Encoding: chunked) with 411.
server.stream-request-body = 0
${files(settings)}
# ${startLine(settings)}
${app(settings)}
# With TLS, add "mod_openssl" to the modules, and
#
#   $SERVER["socket"] == ":443" {
#       ssl.engine  = "enable"
#       ssl.pemfile = "/etc/letsencrypt/live/${host}/fullchain.pem"
#       ssl.privkey = "/etc/letsencrypt/live/${host}/privkey.pem"
#   }
#
# For IPv6 as well: $SERVER["socket"] == "[::]:80" { }
`;
}

function modules({ static: folder, mount }: Settings): string {
  // mod_alias must come before mod_rewrite, which looks for the file.
  const files = folder === undefined ? [] : [...(mount === "" ? [] : ["mod_alias"]), "mod_rewrite"];
  const all = [...files, "mod_scgi", ...(folder === undefined ? [] : ["mod_staticfile"])];
  return all.map((name) => `    "${name}",\n`).join("");
}

function files({ static: folder, mount }: Settings): string {
  if (folder === undefined) return "";
  const types = Object.entries(MIME_TYPES)
    .map(([extension, type]) => `    ".${extension}" => "${type}",\n`).join("");
  const rewrite = `url.rewrite-if-not-file = ( "^(/.*)$" => "${INNER}$1" )`;
  return `
# Files of this folder, all of which are public. Other paths go to the app, rewritten to an inner
# path that only SCRIPT_NAME shows: REQUEST_URI stays as it was.
${
    mount === "" ? rewrite : `$HTTP["url"] =~ "^${regex(mount)}(/|$)" {
    alias.url = ( "${mount}/" => "${folder}/" )
    ${rewrite}
}`
  }
mimetype.assign = (
${types}    "" => "application/octet-stream",
)
`;
}

function app(settings: Settings): string {
  const { mount, static: folder } = settings;
  if (folder !== undefined) return server(settings, INNER);
  if (mount === "") return server(settings, "/");
  // A key alone would take /appx for /app as well.
  return `$HTTP["url"] =~ "^${regex(mount)}(/|$)" {
${server(settings, mount).replace(/^(?=.)/gm, "    ")}}
`;
}

function server(settings: Settings, key: string): string {
  const { backend, sendFile } = settings;
  const options = [
    ...backendOptions(backend),
    `# Every path goes to the app, whether a file of that name exists or not.`,
    `"check-local" => "disable",`,
    `# A disconnect of the client reaches the app. A client that only ends its sending side still`,
    `# gets its response.`,
    `"tcp-fin-propagate" => "enable",`,
  ];
  if (key === "/") {
    options.push(
      `# SCRIPT_NAME is empty and PATH_INFO the whole path.`,
      `"fix-root-scriptname" => "enable",`,
    );
  }
  if (sendFile !== undefined) {
    options.push(
      `# The app may send the files of one folder: X-Sendfile: ${sendFile}/name.`,
      `"x-sendfile" => "enable",`,
      `"x-sendfile-docroot" => ( "${sendFile}/" ),`,
    );
  }
  return `scgi.server = ( "${key}" => ((
${options.map((line) => `    ${line}\n`).join("")})))
`;
}

function backendOptions(backend: Backend): string[] {
  if (backend.unix !== undefined) return [`"socket" => "${backend.unix}",`];
  return [`"host" => "${backend.hostname}",`, `"port" => ${backend.port},`];
}

/** A regular expression that matches a path. */
function regex(path: string): string {
  return path.replaceAll(".", "\\.");
}
