/**
 * Prints the configuration of Cherokee in front of an app.
 *
 * @module
 */

import { formatAddress } from "../address.ts";
import { descriptors, type Settings, startLine } from "./settings.ts";
import { MIME_TYPES } from "./mime.ts";

/** A whole `cherokee.conf`. */
export function cherokee(settings: Settings): string {
  const { backend, name, host, port, mount, static: folder, sendFile, group, connections } =
    settings;
  return `# Cherokee in front of an SCGI app: a whole configuration, ready to paste.
#
#   sudo install -d /etc/cherokee /var/log/cherokee
#   sudo cp cherokee.conf /etc/cherokee/cherokee.conf
#   sudo cherokee -d -C /etc/cherokee/cherokee.conf
#   sudo kill $(cat /run/cherokee.pid)                     # stops it
#
# A build from source makes neither of the two folders, and no unit of systemd. Without the folder
# of its logs Cherokee does not start, though \`cherokee -t\` says that this file is right.
# This very file was run by hand with a Cherokee 1.2.104 that was built from source.
#
# Limits of Cherokee, which no configuration changes:
#
# - A status that Cherokee does not know becomes 500 Internal Server Error, with the app's headers
#   and body: 308, 418, 421, 428, 429, 431, 451, 499, 508 and 511. Use 307 for 308, and 503 for 429.
# - A 200 with a Location becomes 302.
# - Paths arrive decoded, with dot segments and double slashes resolved. scgi encodes them again,
#   but cannot tell %2F from a slash.
# - When a body is shorter than its Content-Length, the client reads the next response as the rest
#   of it. So scgi declares no length of a streamed body where it cannot reset the connection.
# - WebSockets do not pass. Let the app listen on an HTTP port as well, and let the page open its
#   WebSockets there, as ws://HOST:8080${mount}/ws: scgi serve --http 0.0.0.0:8080 …
# - A request head of over 8 kB hangs or is refused, and a response head of over 8 kB is a 500.

config!version = 001002104
server!bind!1!port = ${port}
server!user = www-data
server!group = ${group}
server!keepalive = 1
server!chunked_encoding = 1
server!server_tokens = full
server!pid_file = /run/cherokee.pid

# ${connections} requests at a time (--connections), with up to four file descriptors each. Cherokee has as
# many connections as half of these.
server!fdlimit = ${descriptors(connections)}

# The longest silence of a client that has not sent its first request.
server!timeout = 60

# The site ${host}. It serves requests for every host; SERVER_NAME is the host of the request.
vserver!1!nick = default
vserver!1!document_root = ${folder ?? "/var/www/html"}
vserver!1!directory_index = index.html
vserver!1!error_writer!type = file
vserver!1!error_writer!filename = /var/log/cherokee/error.log
vserver!1!logger = combined
vserver!1!logger!access!type = file
vserver!1!logger!access!filename = /var/log/cherokee/access.log

# Higher numbers are tried first.
${unmeasured(settings)}${files(settings)}${app(settings)}
# ${startLine(settings)}
source!1!type = host
source!1!nick = ${name}
source!1!host = ${backend.unix ?? formatAddress(backend)}
${folder === undefined && sendFile === undefined ? "" : types()}
# With TLS, add
#
#   server!bind!2!port = 443
#   server!bind!2!tls = 1
#   server!tls = libssl
#   vserver!1!ssl_certificate_file = /etc/letsencrypt/live/${host}/fullchain.pem
#   vserver!1!ssl_certificate_key_file = /etc/letsencrypt/live/${host}/privkey.pem
`;
}

/** Refuses uploads that would arrive without their body. */
function unmeasured({ mount }: Settings): string {
  const rule = "vserver!1!rule!900";
  const header = (match: string) =>
    `${match} = header
${match}!header = Transfer-Encoding
${match}!type = provided`;
  const match = mount === "" ? header(`${rule}!match`) : `${rule}!match = and
${rule}!match!left = directory
${rule}!match!left!directory = ${mount}
${header(`${rule}!match!right`)}`;
  return `
# An upload without a length (Transfer-Encoding: chunked) is refused with 411. Cherokee would send
# its body after a CONTENT_LENGTH of 0, which says that it has none.
${match}
${rule}!handler = custom_error
${rule}!handler!error = 411
`;
}

function files({ static: folder, mount }: Settings): string {
  if (folder === undefined) return "";
  const rule = "vserver!1!rule!500";
  const match = mount === ""
    ? `${rule}!match = exists
${rule}!match!match_any = 1
${rule}!match!match_only_files = 1
${rule}!match!match_index_files = 0`
    : `${rule}!match = and
${rule}!match!left = directory
${rule}!match!left!directory = ${mount}
${rule}!match!right = exists
${rule}!match!right!match_any = 1
${rule}!match!right!match_only_files = 1
${rule}!match!right!match_index_files = 0
${rule}!document_root = ${folder}`;
  return `
# Files of this folder, all of which are public. Other paths go to the app.
${match}
${rule}!handler = file
`;
}

function app(settings: Settings): string {
  const { mount } = settings;
  if (mount === "") {
    return `
# Everything${
      settings.static === undefined ? "" : " else"
    }: SCRIPT_NAME empty, PATH_INFO the whole path.
vserver!1!rule!100!match = default
${handler("vserver!1!rule!100", settings)}`;
  }
  return `
# ${mount}/…: SCRIPT_NAME is ${mount}, PATH_INFO the rest. ${mount} itself is redirected to ${mount}/.
vserver!1!rule!400!match = directory
vserver!1!rule!400!match!directory = ${mount}
${handler("vserver!1!rule!400", settings)}
# The other pages of this site.
vserver!1!rule!100!match = default
vserver!1!rule!100!handler = custom_error
vserver!1!rule!100!handler!error = 404
`;
}

function handler(rule: string, { sendFile }: Settings): string {
  return `${rule}!handler = scgi
# Every path goes to the app, whether a file of that name exists or not.
${rule}!handler!check_file = 0
# The app's own error pages pass.
${rule}!handler!error_handler = 1
${rule}!handler!balancer = round_robin
${rule}!handler!balancer!source!1 = 1
# The longest silence of the app, and of a client between its requests: Cherokee notices no client
# that leaves while the app is silent. So let event streams send a comment every minute (": \\n\\n").
${rule}!timeout = 120
${
    sendFile === undefined
      ? ""
      : `# The app may send files: X-Sendfile: ${sendFile}/name. Cherokee does not limit this to a folder.
${rule}!handler!xsendfile = 1
`
  }`;
}

/** Each media type has one line, since a second line of a type would replace the first. */
function types(): string {
  const extensions = new Map<string, string[]>();
  for (const [extension, value] of Object.entries(MIME_TYPES)) {
    const type = value.split(";")[0]!;
    extensions.set(type, [...extensions.get(type) ?? [], extension]);
  }
  const lines = [...extensions].map(([type, names]) =>
    `mime!${type}!extensions = ${names.join(",")}\n`
  );
  return `\n${lines.join("")}`;
}
