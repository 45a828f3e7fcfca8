/** Request targets as web servers and URLs resolve them, segment by segment. */

/** How a path is read: whether empty segments count, and whether `%2F` is a slash. */
interface Reading {
  merges: boolean;
  decodes: boolean;
}

/** A path without its dot segments. */
export function resolved(path: string, { merges, decodes }: Reading): string {
  const segments = (decodes ? path.replace(/%2f/gi, "/") : path).slice(1).split("/");
  const kept: string[] = [];
  segments.forEach((segment, index) => {
    const plain = segment.replace(/%2e/gi, ".");
    if (plain === "..") kept.pop();
    else if (plain !== "." && (plain !== "" || !merges)) kept.push(segment);
    const isLast = index === segments.length - 1;
    if (isLast && /^\.{0,2}$/.test(plain) && (merges || plain !== "")) kept.push("");
  });
  return `/${kept.join("/")}`;
}

const READINGS = [true, false].flatMap((merges) =>
  [true, false].map((decodes) => ({ merges, decodes }))
);

/**
 * Whether a path leads to the same place however it is read.
 *
 * @param strict Whether a place that is told by `..%2F` counts as another.
 */
export function isUnambiguous(path: string, strict: boolean): boolean {
  const both = { merges: true, decodes: true };
  const places = READINGS.map((reading) => {
    const place = resolved(path, reading);
    return strict ? place.replace(/%2f/gi, "/").replace(/\/{2,}/g, "/") : resolved(place, both);
  });
  return new Set(places).size === 1;
}
