/** Hides credentials: the page shows values to people who must not learn them. */

const CREDENTIAL =
  /authorization|cookie|secret|token|password|passwd|credential|session|(?:^|[_-])key$/i;

/** The value; only its length where its name suggests a credential. */
export function disclose(name: string, value: string): string {
  return CREDENTIAL.test(name) && value !== "" ? `withheld, ${value.length} characters` : value;
}
