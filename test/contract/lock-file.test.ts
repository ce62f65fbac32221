import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";

const ROOT = resolve(import.meta.dirname, "../..");
const read = (name: string): unknown => JSON.parse(readFileSync(join(ROOT, name), "utf8"));
const { overrides } = read("package.json") as { overrides: Readonly<Record<string, Readonly<Record<string, string>>>> };
const { packages } = read("package-lock.json") as { packages: Readonly<Record<string, Locked>> };

interface Locked {
  readonly version?: string;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

/** The package that a name leads to from a place in `node_modules`, as Node.js looks for it. */
function found(place: string, name: string): Locked | undefined {
  const own = packages[`${place === "" ? "" : `${place}/`}node_modules/${name}`];
  if (own !== undefined || place === "") return own;
  return found(place.slice(0, Math.max(0, place.lastIndexOf("/node_modules/"))), name);
}

/** Whether a version's first number fits a range; ranges that say more than that are not judged. */
function mayFit(version: string, range: string): boolean {
  const major = Number.parseInt(version, 10);
  return range.split("||").some((part) => {
    const [, sign = "", wanted] = /^\s*(\^|~|>=|=)?\s*v?(\d+)[\d.x*-]*\s*$/.exec(part) ?? [];
    return wanted === undefined || (sign === ">=" ? major >= Number(wanted) : major === Number(wanted));
  });
}

/** Peers that are there in another version than wanted, and not put right by `overrides`. */
function clashes(): string[] {
  return Object.entries(packages).flatMap(([place, { peerDependencies = {} }]) =>
    Object.entries(peerDependencies).flatMap(([peer, range]) => {
      const version = found(place, peer)?.version;
      const owner = place.slice(place.lastIndexOf("node_modules/") + "node_modules/".length);
      if (version === undefined || mayFit(version, range) || overrides[owner]?.[peer] !== undefined) return [];
      return [`${owner} wants ${peer} ${range}, there is ${version}`];
    }),
  );
}

describe("package-lock.json", () => {
  // npm 11 looks over it. npm 9 and 10, which come with Node.js 18 to 22, then refuse to install anything.
  it("has no peer in a version that another package does not want", () => {
    expect(clashes()).toEqual([]);
  });

  it("needs each override", () => {
    const places = Object.keys(packages);
    for (const [owner, peers] of Object.entries(overrides)) {
      const range = packages[places.find((place) => place.endsWith(`node_modules/${owner}`)) ?? ""]?.peerDependencies;
      for (const peer of Object.keys(peers))
        expect(mayFit(found("", peer)?.version ?? "", range?.[peer] ?? "*")).toBe(false);
    }
  });
});
