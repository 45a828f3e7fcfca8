/**
 * The CGI variables in a configuration of nginx.
 *
 * @module
 */

import type { Settings } from "./settings.ts";

/** The beginning of the names of nginx variables for an app, which have no hyphens. */
export function variable({ name }: Settings): string {
  return name.replaceAll("-", "_");
}

/** The parameters that describe the request itself. */
export const REQUEST = `scgi_param SCGI              1;
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
export function common(authority: string): string {
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
