/**
 * Prints the configuration of nginx in front of an app.
 *
 * @module
 */

import { type Address, formatAddress } from "../address.ts";
import { ScgiError } from "../errors.ts";
import { indent } from "./indented.ts";
import { locations } from "./nginx-locations.ts";
import { common, REQUEST, variable } from "./nginx-parameters.ts";
import { checkOptions, descriptors, type Settings, startLine } from "./settings.ts";

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
${indent(site(settings))}}
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

${indent(uploads(settings))}    client_body_buffer_size 64k;

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
    indent(REQUEST + common(`$${group}`))
  }    # Only where auth_basic is set at this level, too: without it, no password is checked, and
    # a client could claim any name.
    # scgi_param REMOTE_USER     $remote_user if_not_empty;

${indent(locations(settings))}
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
