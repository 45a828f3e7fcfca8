/**
 * nginx as a web server in front of an app.
 *
 * @module
 */

import type { Address } from "../address.ts";
import { ScgiError } from "../errors.ts";
import { formatAddress } from "../address.ts";
import { SEND_FILE_PATH, type Settings, settle, startLine } from "./settings.ts";

/** A whole `nginx.conf`. */
export function nginx(settings: Settings): string {
  const { host } = settings;
  return `# nginx in front of an SCGI app: a whole configuration, ready to paste.
#
#   sudo cp nginx.conf /etc/nginx/nginx.conf && sudo nginx -t && sudo systemctl reload nginx
#
# To adapt: the address in \`upstream app\`, \`listen\` and \`server_name\`. The rest can stay.
# For one site among others, put the parts inside \`http { … }\` into a file of
# /etc/nginx/conf.d/. The tests of this project run this very file (nginx 1.22 and later).

user ${settings.group};
worker_processes auto;
error_log /var/log/nginx/error.log;

events {
    # Each request holds two: the client's and the app's.
    worker_connections 4096;
}

http {
    access_log /var/log/nginx/access.log;
${types(settings)}
    upstream app {
        # ${startLine(settings)}
        server ${formatAddress(settings.backend)};
    }

    # The name that the request is for, with the port that the client typed. Not $http_host,
    # which a client can set to something else than its target (GET http://a/ with Host: b);
    # not $host alone, which has no port.
    map "$host $http_host" $authority {
        "~*^(?<name>\\S+) \\k<name>(?<port>:\\d+)$"  $name$port;
        default                                   $host;
    }

    server {
        listen 80;
        server_name ${host};

        # The upload limit (nginx's own is 1 MB). The app can have a lower one: --max-body-bytes.
        client_max_body_size 1g;

        # Large cookies, from the client (one header line up to 16 kB) …
        large_client_header_buffers 4 16k;
        # … and from the app (the whole head up to 16 kB; nginx's own 4 kB ends in a 502).
        scgi_buffer_size 16k;
        scgi_buffers 8 16k;

        # Uploads reach the app while they arrive. Safe only with the CONTENT_LENGTH line below.
        scgi_request_buffering off;
        client_body_buffer_size 64k;

        # Replies are buffered, which frees the app from slow clients. Event streams
        # (text/event-stream) pass at once all the same, and so does each reply for which the app
        # sets the header X-Accel-Buffering: no. So this stays on.
        scgi_buffering on;

        # The longest silence of the app: nginx's own 60 s would end a quiet event stream.
        scgi_read_timeout 1h;

        # A request is never given to a second app after the first may have run it: nginx would
        # do that with all methods but POST, LOCK and PATCH. With several servers in \`upstream\`
        # and requests that do no harm when they run twice: error timeout.
        scgi_next_upstream off;

        # What the app is told. A location with a scgi_param of its own inherits none of these.
        ${
    indent(2, REQUEST + COMMON)
  }        # Only where auth_basic stands at this level too: it checks the password, which this does
        # not, and anywhere else a client could name itself what it likes.
        # scgi_param REMOTE_USER     $remote_user if_not_empty;

        ${indent(2, locations(settings))}    }

    # With TLS, add to the server above, and send port 80 there:
    #
    #   listen 443 ssl http2;
    #   ssl_certificate     /etc/letsencrypt/live/${host}/fullchain.pem;
    #   ssl_certificate_key /etc/letsencrypt/live/${host}/privkey.pem;
    #
    # server {
    #     listen 80;
    #     server_name ${host};
    #     return 301 https://$host$request_uri;
    # }
}
`;
}

/** The shortest that works, in one line; nothing for an address that nginx cannot be told. */
export function nginxLocation(listen: Address): string | undefined {
  try {
    const { backend } = settle({ listen });
    return `location / { include scgi_params; scgi_pass ${formatAddress(backend)}; }`;
  } catch (error) {
    if (error instanceof ScgiError) return undefined;
    throw error;
  }
}

/** The parameters that tell of the request itself. */
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

/** The parameters that tell of everything else. */
const COMMON = `scgi_param SERVER_PROTOCOL   $server_protocol;
scgi_param SERVER_SOFTWARE   nginx/$nginx_version;
scgi_param SERVER_NAME       $server_name;
scgi_param SERVER_PORT       $server_port;
scgi_param REQUEST_SCHEME    $scheme;
scgi_param HTTPS             $https if_not_empty;
scgi_param REMOTE_ADDR       $remote_addr;
scgi_param REMOTE_PORT       $remote_port;
scgi_param HTTP_HOST         $authority;
# A \`Proxy:\` header must never become the HTTP_PROXY of a program (httpoxy).
scgi_param HTTP_PROXY        "";
`;

/** Only files need the types of their extensions, and Debian's list is there to be had. */
function types(settings: Settings): string {
  if (settings.static === undefined && settings.sendFile === undefined) return "";
  return `    include /etc/nginx/mime.types;
    default_type application/octet-stream;
    sendfile on;
`;
}

function locations(settings: Settings): string {
  const { mount, auth, sendFile } = settings;
  const parts = mount === "" ? [whole(settings)] : mounted(settings);
  if (auth !== undefined) parts.push(authLocation(auth));
  if (sendFile !== undefined) {
    parts.push(
      `# The files that the app hands over: X-Accel-Redirect: ${SEND_FILE_PATH}name. No client can ask
# for them itself.
location ${SEND_FILE_PATH} {
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

function whole(settings: Settings): string {
  const guard = guardLine(settings.auth);
  if (settings.static === undefined) {
    return `location / {
${guard}    scgi_pass app;
}
`;
  }
  return `# Files of this folder, all of which are public. What is none there goes to the app.
root ${quoted(settings.static)};
location / {
${guard}    try_files $uri @app;
}
location @app {
    scgi_pass app;
}
`;
}

function mounted(settings: Settings): string[] {
  const { mount, auth } = settings;
  const guard = guardLine(auth);
  const exact =
    `# Without this line, nginx would answer ${mount} itself, with a redirect to ${mount}/.
location = ${mount} {
${guard}    scgi_pass app;
}
`;
  const rest = `# The other pages of this site.
location / {
    return 404;
}
`;
  if (settings.static === undefined) {
    return [`location ${mount}/ {\n${guard}    scgi_pass app;\n}\n${exact}`, rest];
  }
  return [
    `# Files of this folder, all of which are public. What is none there goes to the app.
location ${mount}/ {
${guard}    alias ${quoted(`${settings.static}/`)};
    try_files $uri @app;
}
location @app {
    scgi_pass app;
}
${exact}`,
    rest,
  ];
}

function guardLine(auth: string | undefined): string {
  return auth === undefined ? "" : `    auth_request ${auth};\n`;
}

/** The list again: a location with a parameter of its own inherits none. */
function authLocation(auth: string): string {
  return `# The app is asked here first, with no body: 2xx lets the request pass, 401 and 403 refuse it.
# X-Original-URI and X-Original-Method tell it of which request.
location = ${auth} {
    internal;
    scgi_pass app;
    scgi_pass_request_body off;
    scgi_param SCGI              1;
    scgi_param REQUEST_METHOD    GET;
    scgi_param REQUEST_URI       ${auth};
    scgi_param DOCUMENT_URI      ${auth};
    # The length of the upload that is not passed on must not be claimed here.
    scgi_param CONTENT_LENGTH    0;
    scgi_param HTTP_CONTENT_LENGTH "";
    scgi_param HTTP_TRANSFER_ENCODING "";
    scgi_param HTTP_X_ORIGINAL_URI $request_uri;
    scgi_param HTTP_X_ORIGINAL_METHOD $request_method;
    ${indent(1, COMMON)}}
`;
}

/** Quoted only where it must be, so that most lines look as everybody writes them. */
function quoted(path: string): string {
  return path.includes(" ") ? `"${path}"` : path;
}

/** Lines from the second on, moved to the right. */
function indent(levels: number, text: string): string {
  const space = "    ".repeat(levels);
  return text.replace(/\n(?=[^\n])/g, `\n${space}`).replace(/ +$/, "");
}
