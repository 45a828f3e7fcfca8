/**
 * The names of CGI variables, as types: an editor completes them.
 *
 * @see https://www.rfc-editor.org/rfc/rfc3875#section-4.1
 * @module
 */

/** The CGI variables that web servers send. Which of them are there depends on the web server. */
export interface CgiVariables {
  /** The client's IP address. */
  REMOTE_ADDR?: string | undefined;
  /** The client's port. */
  REMOTE_PORT?: string | undefined;
  /** The user whose password, or certificate, the web server has checked. */
  REMOTE_USER?: string | undefined;
  /** The scheme that authenticated the user: `Basic`. nginx does not send it. */
  AUTH_TYPE?: string | undefined;
  /** The method of the request. */
  REQUEST_METHOD?: string | undefined;
  /** The target of the request as it was sent: the path and the query, percent-encoded. */
  REQUEST_URI?: string | undefined;
  /** `http` or `https`. Cherokee does not tell. */
  REQUEST_SCHEME?: string | undefined;
  /** `on` where the client uses TLS. */
  HTTPS?: string | undefined;
  /** The query without its question mark; empty without a query. */
  QUERY_STRING?: string | undefined;
  /** The prefix that the app is mounted under, decoded. nginx does not tell, Apache the whole path. */
  SCRIPT_NAME?: string | undefined;
  /** The path below `SCRIPT_NAME`, decoded. nginx and Apache do not tell. */
  PATH_INFO?: string | undefined;
  /** The file that `PATH_INFO` would be. */
  PATH_TRANSLATED?: string | undefined;
  /** The file that `SCRIPT_NAME` would be. */
  SCRIPT_FILENAME?: string | undefined;
  /** The path of the target, decoded (nginx). */
  DOCUMENT_URI?: string | undefined;
  /** The folder of the site. */
  DOCUMENT_ROOT?: string | undefined;
  /** The length of the body in bytes. */
  CONTENT_LENGTH?: string | undefined;
  /** The type of the body. */
  CONTENT_TYPE?: string | undefined;
  /** The protocol between the client and the web server: `HTTP/1.1`, `HTTP/2.0`. */
  SERVER_PROTOCOL?: string | undefined;
  /** The name and the version of the web server. */
  SERVER_SOFTWARE?: string | undefined;
  /** The name of the site. */
  SERVER_NAME?: string | undefined;
  /** The address that the web server was reached at. */
  SERVER_ADDR?: string | undefined;
  /** The port that the web server was reached at. */
  SERVER_PORT?: string | undefined;
  /** `CGI/1.1`. */
  GATEWAY_INTERFACE?: string | undefined;
  /** The host that the client asked for, with its port. */
  HTTP_HOST?: string | undefined;
  /** The field `User-Agent`: each field of the request is a variable, and one of `headers` as well. */
  HTTP_USER_AGENT?: string | undefined;
}

/** The `env` of a handler: the CGI variables, and the `bindings` of the options. */
export interface HandlerEnv extends CgiVariables {
  /** Another variable, or a binding. */
  [name: string]: unknown;
}
