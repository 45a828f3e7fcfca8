/**
 * The facts about a request that the request itself does not have: its web server, and its client.
 *
 * @module
 */

import type { WebServerName } from "../cgi/web-server.ts";

/** The web server that a request comes through, and what the web server knows of its client. */
export interface RequestSettings {
  /**
   * The web server, with the configuration that `scgi config` prints for it: nginx 1.22, lighttpd
   * 1.4.69, Apache 2.4.71 or Cherokee 1.2.104. `"nginx"` unless set.
   */
  server?: WebServerName | undefined;
  /** The prefix that the web server mounts the app under, such as `/app`. The root unless set. */
  mount?: string | undefined;
  /** The user whose password the web server has checked: `REMOTE_USER`. None unless set. */
  remoteUser?: string | undefined;
  /** The client address: `REMOTE_ADDR`. `127.0.0.1` unless set. */
  remoteAddress?: string | undefined;
  /** CGI variables to add, as text. A variable of the web server with the same name is replaced. */
  env?: Readonly<Record<string, string>> | undefined;
}
