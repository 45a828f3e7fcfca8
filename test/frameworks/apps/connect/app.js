import { Code, ConnectError, createConnectRouter } from "@connectrpc/connect";
import { createFetchHandler } from "@connectrpc/connect/protocol";
import { parts } from "../upstream.js";
import { TestService } from "./service.js";

const router = createConnectRouter().service(TestService, {
  say({ sentence }, { requestHeader, responseHeader, responseTrailer }) {
    responseHeader.set("x-greeter", requestHeader.get("x-greeter") ?? "nobody");
    responseTrailer.set("x-last", "bye");
    return { sentence: `You said: ${sentence}` };
  },
  fail() {
    throw new ConnectError("on purpose", Code.FailedPrecondition, { "x-why": "a test" });
  },
  async *introduce() {
    for await (const sentence of parts("one", "two", "three")) yield { sentence };
  },
  async *failLate() {
    yield { sentence: "one" };
    throw new ConnectError("on purpose", Code.DataLoss);
  },
});

const handlers = new Map(
  router.handlers.map((handler) => [handler.requestPath, createFetchHandler(handler)]),
);

export default {
  fetch(request) {
    const handler = handlers.get(new URL(request.url).pathname);
    return handler ? handler(request) : new Response(null, { status: 404 });
  },
};
