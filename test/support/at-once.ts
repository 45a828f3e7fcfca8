/** Tests that wait more than they work, so that several of them take no longer than one. */

import { beforeAll, describe, test } from "bun:test";

/** Declares a test for each case, named by it; they run at the same time, and beside no other. */
export function testAtOnce<T extends string>(
  name: string,
  cases: readonly T[],
  run: (one: T) => Promise<void>,
): void {
  describe(name, () => {
    // Without a hook, Bun runs the tests of the next group at the same time as well.
    beforeAll(() => {});
    test.concurrent.each([...cases])("%s", run);
  });
}
