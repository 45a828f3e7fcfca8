import {
  createTRPCClient,
  httpBatchLink,
  httpBatchStreamLink,
  httpLink,
  httpSubscriptionLink,
} from "@trpc/client";
import { EventSource } from "eventsource";

const connect = (side, link, options) =>
  createTRPCClient({ links: [link({ url: `${side.origin}/trpc`, ...options })] });
const headers = { "x-greeter": "Ada" };

const failure = ({ message, data }) => ({ message, data: { ...data, stack: undefined } });

export const client = {
  "a query is answered": (side) =>
    connect(side, httpLink, { headers }).greeting.query({ name: "Bob" }),
  async "a batch is answered"(side) {
    const { greeting, fails } = connect(side, httpBatchLink, { headers });
    return await Promise.all([
      greeting.query({ name: "Bob" }),
      fails.query().catch(failure),
      greeting.query({}).catch(failure),
    ]);
  },
  async "a batch is streamed, each answer as it is made"(side) {
    const { part } = connect(side, httpBatchStreamLink);
    const arrived = [];
    const answers = ["one", "two", "three"].map(async (name) => {
      side.arrive(arrived, await part.query(name));
    });
    await Promise.all(answers);
    return { arrived };
  },
  async "an iterable in a streamed batch is sent as it is made"(side) {
    const arrived = [];
    for await (const part of await connect(side, httpBatchStreamLink).parts.query()) {
      side.arrive(arrived, part);
    }
    return { arrived };
  },
  async "a subscription sends events as they are made"(side) {
    const arrived = [];
    await new Promise((resolve, reject) =>
      connect(side, httpSubscriptionLink, { EventSource }).events.subscribe(undefined, {
        onData: (part) => side.arrive(arrived, part),
        onComplete: resolve,
        onError: reject,
      })
    );
    return { arrived };
  },
  async "an upload is read"(side) {
    const form = new FormData();
    form.set("file", new File(["a file"], "a.txt", { type: "text/plain" }));
    return await connect(side, httpLink).upload.mutate(form);
  },
  "a reply has its headers": (side) =>
    side.ask(`/trpc/greeting?input=${encodeURIComponent('{"name":"Bob"}')}`),
  "an unknown procedure is refused": (side) => side.ask("/trpc/none"),
};
