/** The page of the example. Its links are relative, so that it works under a prefix too. */

import { html } from "hono/html";
import type { Session } from "./sessions.ts";

export interface Visitor {
  session: Session | undefined;
  /** The user that the web server authenticated. */
  remoteUser: string | undefined;
}

/** Renders the page for a visitor; `html` escapes the name. */
export function page({ session, remoteUser }: Visitor): ReturnType<typeof html> {
  return html`
    <!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <title>Sessions</title>
        <link rel="stylesheet" href="style.css">
      </head>
      <body>
        <h1>${session === undefined ? "Who are you?" : `Hello, ${session.name}`}</h1>
        ${session === undefined ? signIn() : signOut(session)}
        <p>The web server says: <strong>${remoteUser || "nobody in particular"}</strong>.</p>
      </body>
    </html>
  `;
}

function signIn(): ReturnType<typeof html> {
  return html`
    <form method="post" action="sign-in">
      <label>Name <input name="name" required maxlength="50"></label>
      <button>Sign in</button>
    </form>
  `;
}

function signOut({ visits }: Session): ReturnType<typeof html> {
  return html`
    <p>You were here ${visits === 1 ? "once" : `${visits} times`} in this session.</p>
    <form method="post" action="sign-out"><button>Sign out</button></form>
  `;
}
