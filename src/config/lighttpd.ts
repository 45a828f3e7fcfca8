/**
 * Prints the configuration of lighttpd in front of an app.
 *
 * @module
 */

import { indented } from "./indented.ts";
import { MIME_TYPES } from "./mime.ts";
import {
  type Backend,
  checkPathLength,
  descriptors,
  HTTP_PORT,
  refused,
  type Settings,
  startLine,
} from "./settings.ts";

/**
 * The folder, below the mount, to which paths other than files are rewritten; `request.url` has the
 * original path.
 */
const INNER = "/.scgi";

/** The limit of uploads, of the whole server or of a site. */
const UPLOAD_LIMIT =
  `# The upload limit in kB: 1 GB (lighttpd has no limit by default). The app can have a lower one:
# --max-body-bytes.
server.max-request-size = 1048576
`;

/** The most descriptors that lighttpd takes before 1.4.83, and with them the most connections. */
const MOST_DESCRIPTORS = 65_535;

/** The longest path of a Unix socket that lighttpd takes, in bytes. */
const MOST_PATH_BYTES = 105;

/**
 * A whole `lighttpd.conf`, or a site for one.
 *
 * @throws {ScgiError} `OPTION_INVALID` for more connections, or a longer path, than lighttpd takes.
 */
export function lighttpd(settings: Settings): string {
  const { backend, connections } = settings;
  checkPathLength(backend, MOST_PATH_BYTES, "lighttpd refuses");
  if (descriptors(connections) > MOST_DESCRIPTORS) {
    const most = Math.floor((MOST_DESCRIPTORS - descriptors(0)) / 4);
    throw refused("connections", connections, `must be ${most} at most for lighttpd`);
  }
  return settings.site ? siteFile(settings) : wholeFile(settings);
}

function wholeFile(settings: Settings): string {
  const { host, port, group, mount, static: folder, connections } = settings;
  const descriptorsOfHttp2 = Math.max(10 * connections, descriptors(connections));
  const root = mount === "" && folder !== undefined ? folder : "/var/www/html";
  return `# lighttpd in front of an SCGI app: a whole configuration, ready to paste.
#
#   sudo cp lighttpd.conf /etc/lighttpd/lighttpd.conf
#   sudo lighttpd -tt -f /etc/lighttpd/lighttpd.conf && sudo systemctl restart lighttpd
#
# To adapt: the address in \`scgi.server\`, \`server.port\` and \`server.name\`. The rest can stay.
# For one site among others: scgi config lighttpd --site --name NAME. The tests of this project run
# this very file (lighttpd 1.4.69); by hand it was run with lighttpd 1.4.63 and 1.4.86.

server.compat-module-load = "disable"
server.modules = (
${modules(settings)})

server.port = ${port}
server.username = "www-data"
server.groupname = "${group}"
server.document-root = "${root}"
server.errorlog = "/var/log/lighttpd/error.log"
server.pid-file = "/run/lighttpd.pid"
# With "mod_accesslog" among the modules:
# accesslog.filename = "/var/log/lighttpd/access.log"

# ${connections} requests at a time (--connections), with up to four file descriptors each. By default
# these are a third of the system's limit, often 341. Where root may not raise that limit so far (in
# a container: \`ulimit -Hn\`), it stays as it was, and lighttpd before 1.4.64 does not start.
server.max-connections = ${connections}
server.max-fds = ${descriptors(connections)}

# No HTTP/2, which browsers speak over TLS alone: with it, lighttpd from 1.4.83 on has no more
# connections than a tenth of max-fds. And WebSockets of browsers hang or fail: lighttpd says that
# it takes them over HTTP/2, but passes none on. For HTTP/2 without WebSockets delete this line, and
# set server.max-fds = ${descriptorsOfHttp2}.
server.feature-flags = ( "server.h2proto" => "disable" )

# Uploads of over 64 kB wait here until they are whole.
server.upload-dirs = ( "/var/cache/lighttpd/uploads" )

# Large cookies: the head of a request up to 32 kB (lighttpd's own limit is 8 kB).
server.max-request-field-size = 32768

${UPLOAD_LIMIT}
# The app

${appSettings(settings)}
${mount === "" ? app(settings) : `${urlCondition(mount)} {\n${indented(app(settings))}}\n`}
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

function siteFile(settings: Settings): string {
  const { name, mount, static: folder, connections } = settings;
  const root = mount === "" && folder !== undefined ? `server.document-root = "${folder}"\n\n` : "";
  const around = conditions(settings);
  const inside = `${root}${UPLOAD_LIMIT}\n${appSettings(settings)}\n${app(settings)}`;
  const begin = around.map((condition, at) => indented(`${condition} {\n`, at));
  const end = around.map((_, at) => indented("}\n", at)).reverse();
  const text = [...begin, indented(inside, around.length), ...end].join("");
  const added = folder === undefined ? ["mod_scgi"] : ["mod_rewrite", "mod_scgi"];
  return `# lighttpd in front of the SCGI app ${name}: a site among others, ready to paste.
#
#   sudo cp lighttpd.conf /etc/lighttpd/conf-available/50-${name}.conf
#   sudo lighty-enable-mod ${name}
#   sudo lighttpd -tt -f /etc/lighttpd/lighttpd.conf && sudo systemctl restart lighttpd
#
# To adapt: the address in \`scgi.server\` and the conditions around it. The rest can stay.
# Every site needs a --name of its own, and a --host, a --mount or a --port of its own.
#
# What concerns the whole server stands in /etc/lighttpd/lighttpd.conf, and not here:
#
#   server.max-connections = ${connections}    # requests at a time, of all sites: --connections
#   server.max-fds = ${descriptors(connections)}
#   server.max-request-field-size = 32768    # large cookies
#
# Debian's own file has "server.h2proto" => "enable": with TLS, browsers' WebSockets need "disable".
# Its url.access-deny answers 403 to paths that end in ~ or .inc.

# lighttpd passes over a module that it has already.
server.modules += ( ${added.map((module) => `"${module}"`).join(", ")} )

${text}`;
}

/** The conditions around a site. A port of its own, without `host`, serves every host. */
function conditions({ port, host, hasHost, mount }: Settings): string[] {
  return [
    ...(port === HTTP_PORT ? [] : [`$SERVER["socket"] == ":${port}"`]),
    ...(port === HTTP_PORT || hasHost ? [`$HTTP["host"] == "${host}"`] : []),
    ...(mount === "" ? [] : [urlCondition(mount)]),
  ];
}

/** A key alone would take /appx for /app as well. */
function urlCondition(mount: string): string {
  return `$HTTP["url"] =~ "^${regex(mount)}(/|$)"`;
}

/** The settings that a site may have of its own. */
function appSettings({ host }: Settings): string {
  return `# The value of SERVER_NAME.
server.name = "${host}"

# Responses are sent as they arrive, event streams as well, and a response that fails is cut off.
# The app waits for slow clients; with 1, lighttpd would store what they do not read, without limit.
# Without this line, lighttpd collects a whole response before it sends its first byte.
server.stream-response-body = 2

# The longest silence of the app, in seconds: lighttpd's own 360 would end a quiet event stream.
server.max-write-idle = 3600

# The longest silence of a client that sends a request, in seconds: uploads may pause for a minute.
# It ends a silent WebSocket as well. scgi sends a ping every 25 s, which the client answers.
server.max-read-idle = 60

# The app gets an upload when all of it has arrived. With server.stream-request-body = 1, the app
# would get it while it arrives, but lighttpd would refuse uploads without a length
# (Transfer-Encoding: chunked) with 411. The default, 0, is not written out: then lighttpd, from
# 1.4.83 on, would refuse requests with the header Incremental: ?1 with 501.
`;
}

function modules({ static: folder, mount }: Settings): string {
  // mod_alias must come before mod_rewrite, which looks for the file.
  const files = folder === undefined ? [] : [...(mount === "" ? [] : ["mod_alias"]), "mod_rewrite"];
  const all = [...files, "mod_scgi", ...(folder === undefined ? [] : ["mod_staticfile"])];
  return all.map((name) => `    "${name}",\n`).join("");
}

/** The files, and the app itself; below a mount inside the condition of its paths. */
function app(settings: Settings): string {
  const { mount, static: folder } = settings;
  const key = folder === undefined ? mount || "/" : mount + INNER;
  const files = folder === undefined ? "" : `${filesOf(mount, folder)}\n`;
  return `${files}# ${startLine(settings)}\n${server(settings, key)}`;
}

function filesOf(mount: string, folder: string): string {
  const types = Object.entries(MIME_TYPES)
    .map(([extension, type]) => `    ".${extension}" => "${type}",\n`).join("");
  return `# Files of this folder, all of which are public. Other paths go to the app, rewritten to an inner
# path that only SCRIPT_NAME shows: REQUEST_URI stays as it was.
${
    mount === ""
      ? ""
      : `alias.url = ( "${mount}/" => "${folder}/" )\n`
  }url.rewrite-if-not-file = ( "^(/.*)$" => "${mount}${INNER}$1" )
mimetype.assign = (
${types}    "" => "application/octet-stream",
)
`;
}

function server(settings: Settings, key: string): string {
  const { backend, name, sendFile } = settings;
  const options = [
    ...backendOptions(backend),
    `# Every path goes to the app, whether a file of that name exists or not.`,
    `"check-local" => "disable",`,
    `# A disconnect of the client reaches the app. A client that only ends its sending side still`,
    `# gets its response.`,
    `"tcp-fin-propagate" => "enable",`,
    `# WebSockets reach the app, from lighttpd 1.4.74 on.`,
    `"upgrade" => "enable",`,
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
  return `scgi.server = ( "${key}" => ( "${name}" => (
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
