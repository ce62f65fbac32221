import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { INSTALLERS } from "../../scripts/install-state.mjs";

const ROOT = resolve(import.meta.dirname, "../..");
const read = (name: string): unknown => JSON.parse(readFileSync(join(ROOT, name), "utf8"));
const { overrides } = read("package.json") as { overrides: Readonly<Record<string, Readonly<Record<string, string>>>> };
const { packages } = read("package-lock.json") as { packages: Readonly<Record<string, Locked>> };

interface Locked {
  readonly version?: string;
  readonly optional?: boolean;
  readonly engines?: Readonly<Record<string, string>> | readonly string[];
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

/** The package that a name leads to from a place in `node_modules`, as Node.js looks for it. */
function found(place: string, name: string): Locked | undefined {
  const own = packages[`${place === "" ? "" : `${place}/`}node_modules/${name}`];
  if (own !== undefined || place === "") return own;
  return found(place.slice(0, Math.max(0, place.lastIndexOf("/node_modules/"))), name);
}

/** Whether a version is in a range of the forms `^1.2.3`, `>=1.2.3` and `1`, joined by `||`; other forms are not judged. */
function mayFit(version: string, range: string): boolean {
  const numbers = (text: string) => text.split(".").map(Number);
  return range.split("||").some((part) => {
    const [, sign, least] = /^\s*(\^|>=)?\s*v?(\d+(?:\.\d+)*)\s*$/.exec(part) ?? [];
    if (least === undefined) return true;
    const [[major = 0], [wanted = 0]] = [numbers(version), numbers(least)];
    return (sign === ">=" || major === wanted) && isAtLeast(numbers(version), numbers(least));
  });
}

function isAtLeast(version: readonly number[], least: readonly number[]): boolean {
  const differing = least.findIndex((number, at) => number !== (version[at] ?? 0));
  return differing < 0 || (version[differing] ?? 0) > (least[differing] ?? 0);
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

  it.each(INSTALLERS)("is installed as a whole by Node.js %s", (version) => {
    // What is not optional is installed with a warning at worst.
    const leftOut = Object.entries(packages).filter(([, { optional, engines }]) => {
      const range = engines === undefined || Array.isArray(engines) ? undefined : Object.entries(engines);
      return optional === true && range?.some(([engine, wanted]) => engine === "node" && !mayFit(version, wanted));
    });
    expect(leftOut.map(([place]) => place)).toEqual([]);
  });

  it.each(["README.md", "CONTRIBUTING.md"])("is installed by the versions that %s names", (page) => {
    const [, named = ""] = /Node\.js \(([^)]+) or newer\)/.exec(readFileSync(join(ROOT, page), "utf8")) ?? [];
    expect(named.split(", ")).toEqual(INSTALLERS.map((version) => version.replace(/(\.0)+$/, "")));
  });
});
