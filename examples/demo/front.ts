/** The web server in front of the app, by the CGI variables that it sends. */

export type Variables = Partial<Record<string, unknown>>;

/** The name of the web server, and its version where it sends that. */
export function webServerName({ SERVER_SOFTWARE: software, DOCUMENT_URI: uri }: Variables): string {
  // `--http`, and `scgi gateway`.
  if (software === "scgi") return "scgi’s HTTP front";
  if (typeof software === "string" && software !== "") return software.replace("/", " ");
  // The parameters that come with nginx name no software. No other web server sends DOCUMENT_URI.
  return uri === undefined ? "unnamed" : "nginx";
}

/** The sentence for a page whose WebSockets fail while its other requests come through. */
export function noWebSocket(variables: Variables): string {
  if (variables["SCGI"] !== "1") return "WebSockets need scgi serve.";
  return `The web server, ${webServerName(variables)}, lets no WebSocket through.`;
}
