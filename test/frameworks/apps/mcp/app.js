import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import {
  WebStandardStreamableHTTPServerTransport,
} from "@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js";
import { isInitializeRequest } from "@modelcontextprotocol/sdk/types.js";
import { z } from "zod";
import { parts } from "../upstream.js";

function getServer() {
  const server = new McpServer({ name: "test", version: "1.0.0" }, {
    capabilities: { logging: {} },
  });
  server.registerTool("greet", { inputSchema: { name: z.string() } }, ({ name }) => ({
    content: [{ type: "text", text: `Hello, ${name}!` }],
  }));
  server.registerTool("parts", {}, async (extra) => {
    let progress = 0;
    for await (const message of parts("one", "two", "three")) {
      const { progressToken } = extra._meta;
      const params = { progressToken, progress: ++progress, message };
      await extra.sendNotification({ method: "notifications/progress", params });
    }
    return { content: [{ type: "text", text: "all" }] };
  });
  server.registerTool("later", {}, async () => {
    await server.sendToolListChanged();
    return { content: [] };
  });
  server.registerTool("fails", {}, () => {
    throw new Error("on purpose");
  });
  return server;
}

const transports = new Map();

export default {
  async fetch(request) {
    if (new URL(request.url).pathname !== "/mcp") return new Response(null, { status: 404 });
    const known = transports.get(request.headers.get("mcp-session-id"));
    if (known) return await known.handleRequest(request);
    const parsedBody = request.method === "POST" ? await request.json() : undefined;
    if (!isInitializeRequest(parsedBody)) return new Response("No session", { status: 400 });
    const transport = new WebStandardStreamableHTTPServerTransport({
      // Bun.serve sends the head of a stream with its first bytes.
      keepAliveMs: 20,
      sessionIdGenerator: () => crypto.randomUUID(),
      onsessioninitialized: (id) => void transports.set(id, transport),
      onsessionclosed: (id) => void transports.delete(id),
    });
    await getServer().connect(transport);
    return await transport.handleRequest(request, { parsedBody });
  },
};
