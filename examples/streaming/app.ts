/** Answers an upload of orders, one JSON object a line, line by line while it arrives. */

import { TextLineStream } from "@std/streams";
import { answerOrders } from "./orders.ts";

const app: { fetch(request: Request): Response } = {
  fetch(request) {
    if (request.method !== "POST" || request.body === null) {
      return new Response("POST orders, one JSON object a line\n", {
        status: 405,
        headers: { "allow": "POST" },
      });
    }

    const answers = request.body
      .pipeThrough(new TextDecoderStream())
      .pipeThrough(new TextLineStream())
      .pipeThrough(answerOrders())
      .pipeThrough(new TextEncoderStream());

    return new Response(answers, { headers: { "content-type": "application/x-ndjson" } });
  },
};

export default app;
