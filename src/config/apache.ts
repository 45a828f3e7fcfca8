/**
 * Prints the configuration of Apache httpd in front of an app.
 *
 * @module
 */

import { formatAddress } from "../address.ts";
import { indented } from "./indented.ts";
import { type Backend, checkPathLength, HTTP_PORT, type Settings, startLine } from "./settings.ts";

/** The threads of a process of Apache: its own limit unless `ThreadLimit` is set. */
const THREADS = 64;

/** The longest path of a Unix socket that `ProxyPass` takes, in bytes. */
const MOST_PATH_BYTES = 95;

/**
 * A site for `/etc/apache2/sites-available/`, or what passes a mount to an app, for such a site.
 *
 * @throws {ScgiError} `OPTION_INVALID` for a longer path of a Unix socket than Apache takes.
 */
export function apache(settings: Settings): string {
  checkPathLength(settings.backend, MOST_PATH_BYTES, "Apache refuses");
  return settings.location ? locationFile(settings) : siteFile(settings);
}

function siteFile(settings: Settings): string {
  const { name, host, port, mount } = settings;
  // Two apps with the default name may have two hosts.
  const file = name === "app" ? host : name;
  return `# Apache httpd in front of an SCGI app: a site, ready to paste.
#
#   sudo cp apache.conf /etc/apache2/sites-available/${file}.conf
#   sudo a2enmod ${modules(settings)} && sudo a2ensite ${file}
#   sudo apachectl configtest && sudo systemctl restart apache2
#
# To adapt: the address in \`ProxyPass\`, the port and \`ServerName\`. The rest can stay.
# The tests of this project run this very file (Debian's Apache 2.4).
#
${limits(settings)}
${listen(port)}<VirtualHost *:${port}>
    ServerName ${host}
    ErrorLog \${APACHE_LOG_DIR}/error.log
    CustomLog \${APACHE_LOG_DIR}/access.log combined

    # Other apps of this host, under prefixes of their own: what is printed by
    #   scgi config apache --location --name NAME --mount /PREFIX --host ${host}
    IncludeOptional ${host}.d/*.conf
${indented(files(settings))}
    # ${startLine(settings)}
    ${proxyPass(settings)}

    # Apache cannot pass WebSockets on over SCGI. For those of a path, here ${mount}/ws, let the app
    # listen on an HTTP port as well (scgi serve --http 8080 …), run \`a2enmod proxy_http\`, and put
    # these two lines before the ProxyPass above:
    #
    #   ProxyPass "${mount}/ws" "http://127.0.0.1:8080${mount}/ws" upgrade=websocket
    #   ProxyPreserveHost On

${indented(authorization(settings))}
    # A Location header is for the client. Without this line, Apache would follow a local one
    # itself where the status is 200.
    ProxySCGIInternalRedirect Off
${indented(sendFiles(settings))}
    # The app gets %2F undecoded (by default, Apache responds with 404).
    AllowEncodedSlashes NoDecode

    # The longest silence of the app: the usual 60 to 300 s would end a quiet event stream.
    # Responses are not buffered, so event streams need nothing else.
    ProxyTimeout 3600

    # Debian's mod_deflate would gather a streamed page until its end. Let the app compress.
    <IfModule filter_module>
        FilterChain !
    </IfModule>

    # The upload limit in bytes: 1 GB. The app can have a lower one: --max-body-bytes.
    LimitRequestBody 1073741824

    # Uploads may pause for a minute (Debian's own is 10 s).
    <IfModule reqtimeout_module>
        RequestReadTimeout body=60,MinRate=500
    </IfModule>

    # Large cookies: one header line up to 16 kB. Of several sites with one address and port, only
    # the first can set this. A header line of a response over 8189 bytes is a 500.
    LimitRequestFieldSize 16384

    # With TLS (a2enmod ssl): <VirtualHost *:443>, and
    #
    #   SSLEngine on
    #   SSLCertificateFile    /etc/letsencrypt/live/${host}/fullchain.pem
    #   SSLCertificateKeyFile /etc/letsencrypt/live/${host}/privkey.pem
</VirtualHost>
`;
}

/** Comments with the settings of the whole server, which a site cannot have. */
function limits({ connections }: Settings): string {
  const processes = Math.ceil(connections / THREADS);
  const started = Math.min(4, processes);
  return `# ${connections} requests at a time (--connections): each takes a thread until its response has ended.
# Debian has 150. A site cannot change this: put these lines into mods-available/mpm_event.conf.
#
#   <IfModule mpm_event_module>
#       ServerLimit         ${processes}
#       ThreadsPerChild     ${THREADS}
#       MaxRequestWorkers   ${processes * THREADS}
#       StartServers        ${started}
#       MinSpareThreads     ${started * THREADS / 2}
#       MaxSpareThreads     ${started * THREADS * 2}
#   </IfModule>
`;
}

function locationFile(settings: Settings): string {
  const { name, host } = settings;
  return `# Apache httpd in front of the SCGI app ${name}: its paths alone, for a site that \`scgi config apache\`
# printed. The settings of that site count here.
#
#   sudo install -d /etc/apache2/${host}.d
#   sudo cp apache.conf /etc/apache2/${host}.d/${name}.conf
#   sudo a2enmod ${modules(settings)}
#   sudo apachectl configtest && sudo systemctl restart apache2
${files(settings)}
# ${startLine(settings)}
${proxyPass(settings)}

${authorization(settings)}${sendFiles(settings)}`;
}

function modules({ static: folder }: Settings): string {
  return `proxy proxy_scgi${folder === undefined ? "" : " rewrite"}`;
}

/** Listens on another port than 80, which Debian's ports.conf has. */
function listen(port: number): string {
  if (port === HTTP_PORT) return "";
  return `# Several sites may have this port, which is opened once.
<IfDefine !scgi_port_${port}>
    Define scgi_port_${port}
    Listen ${port}
</IfDefine>
`;
}

function proxyPass({ backend, mount }: Settings): string {
  return `ProxyPass "${mount || "/"}" "${address(backend)}${mount || "/"}"`;
}

function authorization({ mount }: Settings): string {
  return `# The Authorization header reaches the app, too.
<Location "${mount || "/"}">
    CGIPassAuth On
</Location>
`;
}

function sendFiles({ sendFile }: Settings): string {
  if (sendFile === undefined) return "";
  return `
# The app may send the files of this folder: X-Sendfile: ${sendFile}/name. It may also send
# those of every other folder that is granted: Debian's apache2.conf grants /usr/share and
# /var/www. Without the \`Require all denied\` for / in it, the app could send every file.
<Directory "${sendFile}">
    Require all granted
    AllowOverride None
</Directory>
ProxySCGISendfile On
`;
}

function files({ static: folder, mount }: Settings): string {
  if (folder === undefined) return "";
  const location = mount === "" ? `DocumentRoot "${folder}"` : `Alias "${mount}/" "${folder}/"`;
  return `
# Files of this folder, all of which are public. Other paths go to the app.
${location}
<Directory "${folder}">
    Require all granted
    AllowOverride None
    Options -Indexes
</Directory>
RewriteEngine On
RewriteCond "${folder}/$1" -f
RewriteRule "^${mount.replaceAll(".", "\\.")}/(.+)$" "-" [E=no-proxy:1]
`;
}

/** The name after `|` is that of the worker: two sockets with one name would share a worker. */
function address(backend: Backend): string {
  if (backend.unix === undefined) return `scgi://${formatAddress(backend)}`;
  const name = backend.unix.replace(/[^A-Za-z0-9]+/g, "-").replace(/^-|-$/g, "").toLowerCase();
  return `unix:${backend.unix}|scgi://${name || "app"}`;
}
