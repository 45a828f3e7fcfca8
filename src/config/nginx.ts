/**
 * Prints the configuration of nginx in front of an app.
 *
 * @module
 */

import { type Address, formatAddress } from "../address.ts";
import { ScgiError } from "../errors.ts";
import { checkOptions, descriptors, SEND_FILE_PATH, type Settings, startLine } from "./settings.ts";

/** The connections that a worker of nginx keeps for itself: its listeners, and some spare. */
const OWN_CONNECTIONS = 64;

/** A whole `nginx.conf`, a site for one, or the locations of an app for a site. */
export function nginx(settings: Settings): string {
  if (settings.location) return locationFile(settings);
  return settings.site ? siteFile(settings) : wholeFile(settings);
}

function wholeFile(settings: Settings): string {
  const { name, connections } = settings;
  return `# nginx in front of an SCGI app: a whole configuration, ready to paste.
#
#   sudo cp nginx.conf /etc/nginx/nginx.conf && sudo nginx -t && sudo systemctl reload nginx
#
# To adapt: the address in \`upstream ${name}\`, \`listen\` and \`server_name\`. The rest can stay.
# For one site among others: scgi config nginx --site --name NAME. The tests of this project run
# this very file (nginx 1.22); by hand it was run with nginx 1.18 and 1.31.

user ${settings.group};
worker_processes auto;
# The file descriptors of a worker. Otherwise the limit is the system's, often 1024, and nginx
# answers 500 to the 507th event stream, whatever worker_connections is.
worker_rlimit_nofile ${descriptors(connections)};
error_log /var/log/nginx/error.log;

events {
    # ${connections} requests at a time (--connections). Each takes two: the client's and the app's.
    worker_connections ${workerConnections(connections)};
}

http {
    access_log /var/log/nginx/access.log;
${types(settings)}
    ${indent(1, site(settings))}}
`;
}

function siteFile(settings: Settings): string {
  const { name, connections } = settings;
  return `# nginx in front of the SCGI app ${name}: a site among others, ready to paste.
#
#   sudo cp nginx.conf /etc/nginx/conf.d/${name}.conf
#   sudo nginx -t && sudo systemctl reload nginx
#
# To adapt: the address in \`upstream ${name}\`, \`listen\` and \`server_name\`. The rest can stay.
# Every site needs a --name of its own, and a host or a port of its own.
#
# ${connections} requests at a time (--connections) need these numbers in /etc/nginx/nginx.conf, for all sites
# together; Debian has 768 connections, and as many file descriptors as the system gives:
#
#   worker_rlimit_nofile ${descriptors(connections)};    # beside worker_processes
#   worker_connections ${workerConnections(connections)};      # in events { … }

${site(settings)}`;
}

function locationFile(settings: Settings): string {
  const { name, host } = settings;
  return `# nginx in front of the SCGI app ${name}: its locations alone, for a site that \`scgi config nginx\`
# printed. The settings and the CGI variables of that site count here.
#
#   sudo install -d ${ETC}${locationFolder(host)}
#   sudo cp nginx.conf ${ETC}${locationFolder(host)}/${name}.conf
#   sudo nginx -t && sudo systemctl reload nginx

# ${startLine(settings)}
${locations(settings)}`;
}

/** The upstream, the map and the server. */
function site(settings: Settings): string {
  const { name, host, port } = settings;
  const [group, hostName, portName] = ["authority", "host", "port"].map((part) =>
    `${variable(settings)}_${part}`
  );
  return `upstream ${name} {
    # ${startLine(settings)}
    server ${formatAddress(settings.backend)};
}

# The host of the request, with its port. $http_host may differ from the target (GET http://a/
# with Host: b), and $host alone has no port.
map "$host $http_host" $${group} {
    "~*^(?<${hostName}>\\S+) \\k<${hostName}>(?<${portName}>:\\d+)$"  $${hostName}$${portName};
    default $host;
}

server {
    listen ${port};
    server_name ${host};

    # The upload limit (nginx's own is 1 MB). The app can have a lower one: --max-body-bytes.
    client_max_body_size 1g;

    # Large cookies, from the client (one header line up to 16 kB) …
    large_client_header_buffers 4 16k;
    # … and from the app (the whole head up to 16 kB; nginx's own 4 kB ends in a 502).
    scgi_buffer_size 16k;
    scgi_buffers 8 16k;

    ${indent(1, uploads(settings))}    client_body_buffer_size 64k;

    # Responses are buffered, so that slow clients do not keep the app busy. Those that the app
    # is still making (event streams, streamed pages) are not: scgi marks them with
    # X-Accel-Buffering: no, unless the app sets that header.
    scgi_buffering on;
    # The most of a response that waits in a file for a slow client. After that the app waits,
    # too (nginx's own is 1 GB for each response).
    scgi_max_temp_file_size 16m;

    # The longest silence of the app: nginx's own 60 s would end a quiet event stream.
    # WebSockets need no setting: nginx passes them on.
    scgi_read_timeout 1h;

    # A request that fails is not repeated with another server of \`upstream\`, since the app
    # may have run it already (by default, nginx repeats all methods but POST, LOCK and
    # PATCH). Where requests do no harm when they run twice: error timeout.
    scgi_next_upstream off;

    # The CGI variables. A location with a scgi_param of its own does not inherit these.
    ${
    indent(1, REQUEST + common(`$${group}`))
  }    # Only where auth_basic is set at this level, too: without it, no password is checked, and
    # a client could claim any name.
    # scgi_param REMOTE_USER     $remote_user if_not_empty;

    ${indent(1, locations(settings))}
    # Other apps of this host, under prefixes of their own: what is printed by
    #   scgi config nginx --location --name NAME --mount /PREFIX --host ${host}
    include ${locationFolder(host)}/*.conf;
}

# With TLS, add to the server above, and send port 80 there:
#
#   listen 443 ssl http2;         # nginx up to 1.25.0, and later with a warning
#   listen 443 ssl; http2 on;     # nginx from 1.25.1 on; earlier it is an error
#   ssl_certificate     /etc/letsencrypt/live/${host}/fullchain.pem;
#   ssl_certificate_key /etc/letsencrypt/live/${host}/privkey.pem;
#
# server {
#     listen 80;
#     server_name ${host};
#     return 301 https://$host$request_uri;
# }
`;
}

/** The folder of nginx's configuration, which relative paths in it begin at. */
const ETC = "/etc/nginx/";

/** The folder of the locations of a host. */
function locationFolder(host: string): string {
  return `${host}.d`;
}

function workerConnections(connections: number): number {
  return 2 * connections + OWN_CONNECTIONS;
}

/** The beginning of the names of variables, which have no hyphens. */
function variable({ name }: Settings): string {
  return name.replaceAll("-", "_");
}

/** A minimal location, in one line; undefined for an address that nginx cannot connect to. */
export function nginxLocation(listen: Address): string | undefined {
  try {
    const { backend } = checkOptions({ listen });
    return `location / { include scgi_params; scgi_pass ${formatAddress(backend)}; }`;
  } catch (error) {
    if (error instanceof ScgiError) return undefined;
    throw error;
  }
}

/** The parameters that describe the request itself. */
const REQUEST = `scgi_param SCGI              1;
scgi_param REQUEST_METHOD    $request_method;
scgi_param REQUEST_URI       $request_uri;
scgi_param QUERY_STRING      $query_string;
scgi_param DOCUMENT_URI      $document_uri;
scgi_param DOCUMENT_ROOT     $document_root;
scgi_param CONTENT_TYPE      $content_type if_not_empty;
# nginx before 1.29.6 sends a wrong length with scgi_request_buffering off; this mends it.
scgi_param CONTENT_LENGTH    $content_length if_not_empty;
`;

/**
 * The parameters that a subrequest of auth_request shares with its request.
 *
 * @param authority The variable that has the host and port of the request.
 */
function common(authority: string): string {
  return `scgi_param SERVER_PROTOCOL   $server_protocol;
scgi_param SERVER_SOFTWARE   nginx/$nginx_version;
scgi_param SERVER_NAME       $server_name;
scgi_param SERVER_PORT       $server_port;
scgi_param REQUEST_SCHEME    $scheme;
scgi_param HTTPS             $https if_not_empty;
scgi_param REMOTE_ADDR       $remote_addr;
scgi_param REMOTE_PORT       $remote_port;
scgi_param HTTP_HOST         ${authority};
# A \`Proxy:\` header must never become the HTTP_PROXY of a program (httpoxy).
scgi_param HTTP_PROXY        "";
`;
}

/** Whether uploads reach the app while they arrive. */
function uploads({ bufferUploads }: Settings): string {
  return bufferUploads
    ? `# The app gets an upload once nginx has all of it (--buffer-uploads), so that slow clients do not
# keep the app busy. Large uploads wait in files of nginx.
scgi_request_buffering on;
`
    : `# Uploads reach the app while they arrive. Safe only with the CONTENT_LENGTH line below.
scgi_request_buffering off;
`;
}

/** The settings of files, for a configuration in which nginx sends some. */
function types(settings: Settings): string {
  if (settings.static === undefined && settings.sendFile === undefined) return "";
  return `    include /etc/nginx/mime.types;
    default_type application/octet-stream;
    sendfile on;
`;
}

function locations(settings: Settings): string {
  const { mount, auth, sendFile, name } = settings;
  const parts = mount === "" ? [rootLocations(settings)] : mountLocations(settings);
  if (auth !== undefined) parts.push(authLocation(settings, auth));
  if (sendFile !== undefined) {
    const path = settings.location ? `${SEND_FILE_PATH}${name}/` : SEND_FILE_PATH;
    const prefix = path === SEND_FILE_PATH ? "" : `\n# sendFile() needs { prefix: "${path}" }.`;
    parts.push(
      `# The files that the app may send: X-Accel-Redirect: ${path}name. Clients cannot
# request them directly.${prefix}
location ${path} {
    internal;
    alias ${quoted(`${sendFile}/`)};
}
`,
    );
  }
  if (mount === "" && settings.static === undefined) {
    parts.push(`# An app under a prefix, or with its files served by nginx, is printed by
#   scgi config nginx --mount /app --static /srv/app/static
`);
  }
  return parts.join("\n");
}

/** The value of scgi_pass: the upstream, which a site has and locations alone have not. */
function pass({ location, name, backend, bufferUploads }: Settings): string {
  const buffering = location && bufferUploads ? "scgi_request_buffering on;\n    " : "";
  return `${buffering}scgi_pass ${location ? formatAddress(backend) : name};`;
}

function rootLocations(settings: Settings): string {
  const auth = authLine(settings.auth);
  if (settings.static === undefined) {
    return `location / {
${auth}    ${pass(settings)}
}
`;
  }
  return `# Files of this folder, all of which are public. Other paths go to the app.
root ${quoted(settings.static)};
location / {
${auth}    try_files $uri @${settings.name};
}
location @${settings.name} {
    ${pass(settings)}
}
`;
}

function mountLocations(settings: Settings): string[] {
  const { mount } = settings;
  const auth = authLine(settings.auth);
  const exact = `# Without this location, nginx would redirect ${mount} to ${mount}/ itself.
location = ${mount} {
${auth}    ${pass(settings)}
}
`;
  const others = settings.location ? [] : [`# The other pages of this site.
location / {
    return 404;
}
`];
  if (settings.static === undefined) {
    return [`location ${mount}/ {\n${auth}    ${pass(settings)}\n}\n${exact}`, ...others];
  }
  return [
    `# Files of this folder, all of which are public. Other paths go to the app.
location ${mount}/ {
${auth}    alias ${quoted(`${settings.static}/`)};
    try_files $uri @${settings.name};
}
location @${settings.name} {
    ${pass(settings)}
}
${exact}`,
    ...others,
  ];
}

function authLine(auth: string | undefined): string {
  return auth === undefined ? "" : `    auth_request ${auth};\n`;
}

/** Repeats the list of parameters, which a location with parameters of its own does not inherit. */
function authLocation(settings: Settings, auth: string): string {
  const authority = settings.location ? "$host" : `$${variable(settings)}_authority`;
  return `# Each request is sent here first, without its body: 2xx lets it pass, 401 and 403 refuse it.
# X-Original-URI and X-Original-Method are those of the request.
location = ${auth} {
    internal;
    ${pass(settings)}
    scgi_pass_request_body off;
    scgi_param SCGI              1;
    scgi_param REQUEST_METHOD    GET;
    scgi_param REQUEST_URI       ${auth};
    scgi_param DOCUMENT_URI      ${auth};
    # The body is not sent, so its length must not be, either.
    scgi_param CONTENT_LENGTH    0;
    scgi_param HTTP_CONTENT_LENGTH "";
    scgi_param HTTP_TRANSFER_ENCODING "";
    # The app must not make a WebSocket of this subrequest: nginx would close the connection.
    scgi_param HTTP_UPGRADE      "";
    scgi_param HTTP_CONNECTION   "";
    scgi_param HTTP_X_ORIGINAL_URI $request_uri;
    scgi_param HTTP_X_ORIGINAL_METHOD $request_method;
    ${indent(1, common(authority))}}
`;
}

/** A path in quotes where it has a space. */
function quoted(path: string): string {
  return path.includes(" ") ? `"${path}"` : path;
}

/** Indents a text from its second line on. */
function indent(levels: number, text: string): string {
  const space = "    ".repeat(levels);
  return text.replace(/\n(?=[^\n])/g, `\n${space}`).replace(/ +$/, "");
}
