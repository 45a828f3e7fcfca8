import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { ToolListChangedNotificationSchema } from "@modelcontextprotocol/sdk/types.js";

/** A session of a client, with what was asked and answered. */
async function session(side, use) {
  const seen = [];
  const listens = Promise.withResolvers();
  const transport = new StreamableHTTPClientTransport(new URL(`${side.origin}/mcp`), {
    fetch: async (url, init) => {
      const response = await fetch(url, init);
      const type = response.headers.get("content-type");
      seen.push(`${init.method} ${response.status} ${type}`);
      if (init.method === "GET") listens.resolve();
      return response;
    },
  });
  const client = new Client({ name: "client", version: "1.0.0" });
  await client.connect(transport);
  // What the server says before that is lost, if it is no answer.
  await listens.promise;
  const result = await use(client);
  await transport.terminateSession();
  await client.close();
  return { seen: seen.sort(), ...result };
}

export const client = {
  "tools are listed and called": (side) =>
    session(side, async (client) => ({
      server: client.getServerVersion(),
      tools: await client.listTools(),
      called: await client.callTool({ name: "greet", arguments: { name: "Ada" } }),
    })),
  "progress is told as it is made": (side) =>
    session(side, async (client) => {
      const arrived = [];
      const onprogress = ({ message }) => side.arrive(arrived, message);
      const result = await client.callTool({ name: "parts" }, undefined, { onprogress });
      return { arrived, result };
    }),
  "what the server says by itself arrives": (side) =>
    session(side, async (client) => {
      const { promise, resolve } = Promise.withResolvers();
      client.setNotificationHandler(ToolListChangedNotificationSchema, resolve);
      await client.callTool({ name: "later" });
      return { told: await promise };
    }),
  "a tool's failure is told": (side) =>
    session(side, async (client) => ({ failed: await client.callTool({ name: "fails" }) })),
  "a tool that is unknown is refused": (side) =>
    session(side, async (client) => ({
      failed: await client.callTool({ name: "none" }).catch((error) => String(error)),
    })),
  "a call without a session is refused": (side) =>
    side.ask("/mcp", {
      method: "POST",
      headers: { accept: "application/json, text/event-stream" },
      body: '{"jsonrpc":"2.0","id":1,"method":"tools/list"}',
    }),
  "a wrong method is refused": (side) => side.ask("/mcp", { method: "PUT", body: "{}" }),
};
