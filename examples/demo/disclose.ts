/** Which values may be shown: a page is seen by people whom its credentials are not for. */

const CREDENTIAL =
  /authorization|cookie|secret|token|password|passwd|credential|session|(?:^|[_-])key$/i;

/** The value, or for what looks like a credential only how long it is. */
export function disclose(name: string, value: string): string {
  return CREDENTIAL.test(name) && value !== "" ? `withheld, ${value.length} characters` : value;
}
