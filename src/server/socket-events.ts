/**
 * The events of a WebSocket that a runtime may lack, and listeners whose failures are reported: a
 * runtime would end the process at an exception that a listener throws.
 *
 * @see https://websockets.spec.whatwg.org/#the-closeevent-interface
 * @module
 */

/** The listener of an event. */
export type Listener = ((event: Event) => unknown) | { handleEvent(event: Event): unknown };

class OwnCloseEvent extends Event {
  readonly code: number;
  readonly reason: string;
  readonly wasClean: boolean;

  constructor(type: string, init: CloseEventInit = {}) {
    super(type, init);
    this.code = init.code ?? 0;
    this.reason = init.reason ?? "";
    this.wasClean = init.wasClean ?? false;
  }
}
Object.defineProperty(OwnCloseEvent, "name", { value: "CloseEvent" });

class OwnErrorEvent extends Event {
  readonly message: string;
  readonly error: unknown;

  constructor(type: string, init: ErrorEventInit = {}) {
    super(type, init);
    this.message = init.message ?? "";
    this.error = init.error;
  }
}
Object.defineProperty(OwnErrorEvent, "name", { value: "ErrorEvent" });

/** Makes a `close` event. Node has the class since 23. */
export function closeEvent(code: number, reason: string, wasClean: boolean): Event {
  const Class = globalThis.CloseEvent ?? OwnCloseEvent;
  return new Class("close", { code, reason, wasClean });
}

/** Makes an `error` event with a message. Node has no such class. */
export function errorEvent(message: string): Event {
  const Class = globalThis.ErrorEvent ?? OwnErrorEvent;
  return new Class("error", { message, error: new Error(message) });
}

/** Listeners whose errors and rejections are reported. */
export class GuardedListeners {
  readonly #report: (error: unknown) => void;
  #guarded: WeakMap<Listener, (event: Event) => void> | undefined;

  constructor(report: (error: unknown) => void) {
    this.#report = report;
  }

  /** The guarded form of a listener, always the same. */
  of(listener: Listener): (event: Event) => void {
    this.#guarded ??= new WeakMap();
    const known = this.#guarded.get(listener);
    if (known !== undefined) return known;
    const guarded = this.guard(listener);
    this.#guarded.set(listener, guarded);
    return guarded;
  }

  /** A new guarded form of a listener. */
  guard(listener: Listener): (event: Event) => void {
    const report = this.#report;
    return function (this: unknown, event: Event): void {
      try {
        const result: unknown = typeof listener === "function"
          ? listener.call(this as never, event)
          : listener.handleEvent(event);
        if (result instanceof Promise) result.catch(report);
      } catch (error) {
        report(error);
      }
    };
  }
}
