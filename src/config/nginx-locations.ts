/**
 * The locations of an app in a configuration of nginx.
 *
 * @module
 */

import { formatAddress } from "../address.ts";
import { indent } from "./indented.ts";
import { common, variable } from "./nginx-parameters.ts";
import { SEND_FILE_PATH, type Settings } from "./settings.ts";

/** All locations of an app: at `/` or under its prefix, with those of its files and its logins. */
export function locations(settings: Settings): string {
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
${indent(common(authority))}}
`;
}

/** A path in quotes where it has a space. */
function quoted(path: string): string {
  return path.includes(" ") ? `"${path}"` : path;
}
