/** What a mode lets a user do, computed and tried: both answers are the kernel's. */

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { execFileSync } from "node:child_process";
import { chmodSync, chownSync, lstatSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { tryAs } from "../../../src/cli/check/trial.ts";
import {
  type Bit,
  findUser,
  formatOwned,
  modeAllows,
  parseId,
  type User,
} from "../../../src/cli/check/user.ts";
import { walk } from "../../../src/cli/check/walk.ts";
import { removeFolder, temporaryFolder } from "../../support/address.ts";

const isRoot = process.getuid?.() === 0;
let folder: string;
beforeAll(() => {
  folder = temporaryFolder();
});
afterAll(() => removeFolder(folder));

test.skipIf(!isRoot)(
  "a mode means to this command what it means to the kernel, for each user",
  () => {
    const [self, web, nobody] = [findUser(), findUser("www-data"), findUser("nobody")];
    const member: User = { ...nobody, groups: new Set([...nobody.groups, web.gid]) };
    const files: [bit: Bit, path: string][] = [];
    for (
      const mode of [0o000, 0o100, 0o010, 0o001, 0o200, 0o020, 0o002, 0o770, 0o701, 0o722, 0o656]
    ) {
      for (const [uid, gid] of [[0, 0], [web.uid, 0], [0, web.gid], [nobody.uid, web.gid]]) {
        const [place, file] = [
          join(folder, `${mode}-${uid}-${gid}`),
          `${folder}/f${mode}-${uid}-${gid}`,
        ];
        mkdirSync(place);
        writeFileSync(file, "");
        for (const path of [place, file]) {
          chmodSync(path, mode);
          chownSync(path, uid!, gid!);
        }
        files.push(["x", place], ["w", file]);
      }
    }
    for (const user of [self, web, nobody, member]) {
      const computed = files.map(([bit, path]) => modeAllows(user, lstatSync(path), bit));
      expect(tryAs(user, self, files)).toEqual(computed);
      if (user !== self) expect(new Set(computed).size).toBe(2);
    }
  },
);

test("an ordinary user can try for itself, and for nobody else", () => {
  const self = findUser();
  expect(tryAs(self, self, [["x", "/"]])).toEqual([true]);
  const ordinary = { ...self, uid: 12_345 };
  expect(tryAs({ ...self, uid: 54_321 }, ordinary, [["x", "/"]])).toBeUndefined();
});

describe("parseId", () => {
  const cases: [text: string, user: Omit<User, "groups"> & { groups: number[] }][] = [
    [
      "uid=33(www-data) gid=33(www-data) groups=33(www-data),4(adm)\n",
      { name: "www-data", uid: 33, gid: 33, group: "www-data", groups: [33, 4] },
    ],
    ["uid=12345 gid=0(root) groups=0(root)", {
      name: "12345",
      uid: 12_345,
      gid: 0,
      group: "root",
      groups: [0],
    }],
    [
      "uid=7(a) gid=8(domain users 2) euid=0(root) groups=8(domain users 2),9(x)",
      { name: "a", uid: 7, gid: 8, group: "domain users 2", groups: [8, 9] },
    ],
    ["uid=1(a) gid=2(b)", { name: "a", uid: 1, gid: 2, group: "b", groups: [2] }],
  ];
  test.each(cases)("reads %j", (text, { groups, ...rest }) => {
    expect(parseId(text)).toEqual({ ...rest, groups: new Set(groups) });
  });

  test("reads what id prints here", () => {
    const [uid, gid, groups] = ["-u", "-g", "-G"].map((flag) =>
      execFileSync("id", [flag], { encoding: "utf8" }).trim()
    );
    const self = findUser();
    expect([self.uid, self.gid]).toEqual([Number(uid), Number(gid)]);
    expect(self.groups).toEqual(new Set([Number(gid), ...groups!.split(" ").map(Number)]));
  });
});

test("a mode is shown as ls shows it", () => {
  expect(formatOwned({ mode: 0o140660, uid: 0, gid: 0 })).toBe("rw-rw---- root:root");
  expect(formatOwned({ mode: 0o40751, uid: 0, gid: 4_000_000 })).toBe("rwxr-x--x root:4000000");
});

describe("walk", () => {
  const paths = (path: string) => walk(path).folders.map((place) => place.path);

  test("goes through the folders of links, too, as the kernel does", () => {
    mkdirSync(join(folder, "real/inner"), { recursive: true });
    writeFileSync(join(folder, "real/inner/file"), "");
    mkdirSync(join(folder, "links"));
    symlinkSync("../real/inner", join(folder, "links/there"));
    const way = walk(join(folder, "links/there/./file"));
    expect(way.end!.path).toBe(join(folder, "real/inner/file"));
    expect(paths(join(folder, "links/there/file"))).toEqual(
      expect.arrayContaining([folder, join(folder, "links"), join(folder, "real/inner")]),
    );
  });

  test("says where the way ends", () => {
    expect(walk(join(folder, "none/file")).missing).toBe(join(folder, "none"));
    writeFileSync(join(folder, "plain"), "");
    expect(walk(join(folder, "plain/file")).notFolder).toBe(join(folder, "plain"));
    symlinkSync("loop", join(folder, "loop"));
    expect(walk(join(folder, "loop")).missing).toBe(join(folder, "loop"));
    expect(walk("/").end!.path).toBe("/");
  });
});
