/**
 * Answers a request for the status of a command.
 *
 * @module
 */

import { familiesOf } from "./families.ts";
import { chooseFormat, encodeMetrics } from "./open-metrics.ts";
import { page } from "./page.ts";
import type { StatusSnapshot } from "./snapshot.ts";

const TEXT = "text/plain; charset=utf-8";
const PATHS = "/, /metrics, /stats.json and /healthz";

/**
 * The response to a request.
 *
 * @param hosts The names that the Host field may have where a browser of this machine can connect. A
 * page of another site can point its own name to this machine, and would then read the answers as its
 * own; its name is still in that field. Undefined allows every name.
 */
export function answerStatus(
  { method, url, headers }: Request,
  take: () => StatusSnapshot,
  hosts?: readonly string[],
): Response {
  const { pathname, hostname } = new URL(url);
  if (method !== "GET" && method !== "HEAD") {
    return text(405, `${method} is not allowed here.\n`, { allow: "GET, HEAD" });
  }
  // Tells nothing that a site would want to know, and probes send any name.
  if (pathname === "/healthz") {
    const { state } = take();
    return text(state === "serving" ? 200 : 503, `${state}\n`);
  }
  if (hosts !== undefined && !isAddress(hostname) && !hosts.includes(hostname)) {
    return text(403, `The Host field must be an address of this machine, or ${hosts[0]}.\n`);
  }
  switch (pathname) {
    case "/":
      return ofPage();
    case "/metrics": {
      const format = chooseFormat(headers.get("accept"));
      const body = encodeMetrics(familiesOf(take()), format);
      return text(200, body, { "content-type": format.contentType, vary: "Accept" });
    }
    case "/stats.json":
      return text(200, `${JSON.stringify(take())}\n`, { "content-type": "application/json" });
    default:
      return text(404, `Nothing is here. The paths are ${PATHS}.\n`);
  }
}

function ofPage(): Response {
  const nonce = crypto.randomUUID();
  return text(200, page(nonce), {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy":
      `default-src 'none'; style-src 'nonce-${nonce}'; script-src 'nonce-${nonce}'; ` +
      "img-src data:; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
  });
}

function text(status: number, body: string, headers: Record<string, string> = {}): Response {
  const bytes = new TextEncoder().encode(body);
  return new Response(bytes, {
    status,
    headers: {
      "content-type": TEXT,
      "content-length": String(bytes.length),
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
      "cross-origin-resource-policy": "same-origin",
      ...headers,
    },
  });
}

/** Whether the host of a URL is an IP address. */
function isAddress(hostname: string): boolean {
  return hostname.startsWith("[") || /^[0-9.]+$/.test(hostname);
}
