import { initTRPC, TRPCError } from "@trpc/server";
import { fetchRequestHandler } from "@trpc/server/adapters/fetch";
import { z } from "zod";
import { part, parts } from "../upstream.js";

const t = initTRPC.context().create({ isDev: false });

const router = t.router({
  greeting: t.procedure.input(z.object({ name: z.string() }))
    .query(({ input, ctx }) => `hello ${input.name}, ${ctx.greeter ?? "from nobody"}`),
  part: t.procedure.input(z.string()).query(({ input }) => part(input)),
  parts: t.procedure.query(() => parts("one", "two", "three")),
  events: t.procedure.subscription(() => parts("one", "two", "three")),
  upload: t.procedure.input(z.instanceof(FormData)).mutation(async ({ input }) => {
    const file = input.get("file");
    return [file.name, await file.text()];
  }),
  fails: t.procedure.query(() => {
    throw new TRPCError({ code: "CONFLICT", message: "on purpose" });
  }),
});

export default {
  fetch: (req) =>
    fetchRequestHandler({
      endpoint: "/trpc",
      req,
      router,
      createContext: ({ req, resHeaders }) => {
        resHeaders.set("x-served", "trpc");
        return { greeter: req.headers.get("x-greeter") };
      },
    }),
};
