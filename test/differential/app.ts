/** The app of the gate: the same for all runtimes and all servers. */

import { allEvents, At, CaseError, eventsOf, type Extras, nameOf, permit } from "./at.ts";
import { readTables } from "./case.ts";
import { tables } from "./cases/all.ts";

const cases = readTables(tables);

/** Answers a request. */
export function answer(request: Request, extras: Extras): unknown {
  const { pathname, searchParams } = new URL(request.url);
  const id = request.headers.get("x-try") ?? searchParams.get("id") ?? "";
  const [, first, name = ""] = pathname.split("/");
  if (first === "go") {
    permit(id);
    return new Response("gone");
  }
  if (first === "events") return Response.json(id === "" ? allEvents() : eventsOf(id));
  const at = new At(id, extras);
  extras.completed?.then(() => at.saw("completed resolves"), () => at.saw("completed rejects"));
  const handler = first === "case" ? cases.get(decodeURIComponent(name))?.handler : undefined;
  if (handler === undefined) return new Response(`no case of ${pathname}`, { status: 404 });
  return handler(request, at);
}

/**
 * Answers a failure, as a handler of errors.
 *
 * @param context What the handler is called on.
 */
export function answerFailure(error: unknown, context = ""): unknown {
  if (error instanceof CaseError) {
    new At(error.id, {}).saw("error handler", error, context);
    if (error.message === "unanswered") return undefined;
    if (error.message === "throw again") throw error;
    if (error.message === "reject again") return Promise.reject(error);
    if (error.message === "nonsense") return "no Response";
    if (error.message === "late") {
      return new Promise((resolve) =>
        setTimeout(() => resolve(new Response("late", { status: 503 })), 5)
      );
    }
  }
  return new Response(`answered: ${nameOf(error)}`, {
    status: 500,
    headers: { "x-answered": "yes" },
  });
}
