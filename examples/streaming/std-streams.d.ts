// For tsc, which cannot resolve a jsr: import. Deno takes the types from the package itself.
declare module "@std/streams" {
  export class TextLineStream extends TransformStream<string, string> {
    constructor(options?: { allowCR?: boolean });
  }
}
