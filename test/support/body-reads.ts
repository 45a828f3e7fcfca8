/** The methods that read a whole body, as a table of tests needs them. */

/** The methods of a Request, and of a Response, that read its body. */
export type BodyRead = "text" | "bytes" | "arrayBuffer" | "json" | "blob" | "formData";

/** A line for each of them. */
export function eachRead<Line>(line: (method: BodyRead) => Line): Record<string, Line> {
  return {
    "its text": line("text"),
    "its bytes": line("bytes"),
    "its buffer": line("arrayBuffer"),
    "its JSON": line("json"),
    "its Blob": line("blob"),
    "its form": line("formData"),
  };
}
