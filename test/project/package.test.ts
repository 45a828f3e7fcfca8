/** What `npm pack` makes: what is in it, and that it works where it is installed. */

import { beforeAll, describe } from "bun:test";
import { testBundled, testOtherBundlers, testPure } from "./package/bundled.ts";
import { testCompilers } from "./package/compilers.ts";
import { testContents } from "./package/contents.ts";
import { hasNpm } from "./package/programs.ts";
import { Packed } from "./package/project.ts";
import { testRunning } from "./package/running.ts";
import { testTypes } from "./package/types.ts";

describe.skipIf(!hasNpm)(`the package${hasNpm ? "" : " (Node and npm are not installed)"}`, () => {
  let made: Packed;
  const packed = () => made;

  beforeAll(() => void (made = new Packed()), 120_000);

  testContents(packed);
  testTypes(packed);
  testCompilers(packed);
  testRunning(packed);
  testPure(packed);
  testBundled(packed);
  testOtherBundlers(packed);
});
