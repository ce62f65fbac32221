import { HOSTILE_KEYS, HOSTILE_VALUES } from "./hostile.ts";

/**
 * JSON as it is written, not as it is read: a key may stand twice or be called `__proto__`, a number may be larger than
 * any number, a text may hold half a character.
 */
export type Tree = Leaf | List | Table;
interface Leaf {
  readonly kind: "leaf";
  /** As it stands in the document. */
  text: string;
}
interface List {
  readonly kind: "list";
  items: Tree[];
}
interface Table {
  readonly kind: "table";
  /** Keys as they stand in the document, quotes included. */
  entries: [string, Tree][];
}

export function parseTree(json: string): Tree {
  return ofValue(JSON.parse(json));
}

function ofValue(value: unknown): Tree {
  if (Array.isArray(value)) return { kind: "list", items: value.map(ofValue) };
  if (typeof value !== "object" || value === null) return { kind: "leaf", text: JSON.stringify(value) };
  return { kind: "table", entries: Object.entries(value).map(([key, inner]) => [JSON.stringify(key), ofValue(inner)]) };
}

export function deepClone(tree: Tree): Tree {
  switch (tree.kind) {
    case "leaf":
      return { kind: "leaf", text: tree.text };
    case "list":
      return { kind: "list", items: tree.items.map(deepClone) };
    case "table":
      return { kind: "table", entries: tree.entries.map(([key, inner]) => [key, deepClone(inner)]) };
  }
}

export function write(tree: Tree): string {
  switch (tree.kind) {
    case "leaf":
      return tree.text;
    case "list":
      return `[${tree.items.map(write).join(",")}]`;
    case "table":
      return `{${tree.entries.map(([key, inner]) => `${key}:${write(inner)}`).join(",")}}`;
  }
}

/** A place in a tree: what stands there, and how to put something else in its stead. */
interface Spot {
  readonly here: Tree;
  readonly put: (tree: Tree) => void;
  readonly parent: List | Table | null;
  readonly index: number;
}

function spots(root: Tree, putRoot: (tree: Tree) => void): Spot[] {
  const found: Spot[] = [];
  const visit = (here: Tree, put: (tree: Tree) => void, parent: List | Table | null, index: number): void => {
    found.push({ here, put, parent, index });
    if (here.kind === "list") {
      here.items.forEach((item, i) => {
        visit(item, (tree) => void here.items.splice(i, 1, tree), here, i);
      });
    }
    if (here.kind === "table") {
      here.entries.forEach((entry, i) => {
        visit(
          entry[1],
          (tree) => {
            entry[1] = tree;
          },
          here,
          i,
        );
      });
    }
  };
  visit(root, putRoot, null, 0);
  return found;
}

type Edit = (spot: Spot, all: readonly Spot[], number: number) => void;

/** Larger documents are larger than what is read anyway. */
const MOST_NODES = 5_000;

const EDITS: readonly Edit[] = [
  // Something else stands there; by far the most common.
  ...Array.from({ length: 6 }, (): Edit => (spot, _all, number) => spot.put(hostile(number))),
  // It is gone.
  ({ parent, index }) => {
    if (parent?.kind === "list") parent.items.splice(index, 1);
    else parent?.entries.splice(index, 1);
  },
  // Its key stands twice.
  ({ parent, index }, _all, number) => {
    const entry = parent?.kind === "table" ? parent.entries[index] : undefined;
    if (parent?.kind === "table" && entry !== undefined) parent.entries.push([entry[0], hostile(number)]);
  },
  // Its key is another.
  ...Array.from(
    { length: 2 },
    (): Edit =>
      ({ parent, index }, _all, number) => {
        const entry = parent?.kind === "table" ? parent.entries[index] : undefined;
        if (entry !== undefined) entry[0] = hostileKey(number);
      },
  ),
  // There is one more key.
  ...Array.from(
    { length: 2 },
    (): Edit =>
      ({ here }, _all, number) => {
        if (here.kind === "table") here.entries.push([hostileKey(number), hostile(Math.floor(number / 7))]);
      },
  ),
  // A part of the document stands in another part.
  (spot, all, number) => spot.put(deepClone(all[number % all.length]?.here ?? spot.here)),
  (spot, all, number) => {
    const other = all[number % all.length]?.here ?? spot.here;
    if (spot.here.kind === "list") spot.here.items.push(deepClone(other));
    if (spot.here.kind === "table") spot.here.entries.push([hostileKey(number), deepClone(other)]);
  },
  // It lies one deeper, or one higher.
  (spot) => spot.put({ kind: "list", items: [spot.here] }),
  (spot, _all, number) => spot.put({ kind: "table", entries: [[hostileKey(number), spot.here]] }),
  (spot) => {
    const inner = spot.here.kind === "list" ? spot.here.items[0] : undefined;
    if (inner !== undefined) spot.put(inner);
  },
  // Many of it.
  ({ parent, index }, all, number) => {
    if (parent?.kind !== "list" || all.length > MOST_NODES / 10) return;
    const item = parent.items[index];
    if (item !== undefined) for (let i = 0; i < number % 60; i++) parent.items.push(deepClone(item));
  },
  // A number as text, a text as number, another case.
  ({ here }) => {
    if (here.kind === "leaf" && /^-?\d/.test(here.text)) here.text = JSON.stringify(here.text);
    else if (here.kind === "leaf" && here.text.startsWith('"'))
      here.text = here.text.toUpperCase().replaceAll("\\U", "\\u");
  },
  ({ here }, _all, number) => {
    if (here.kind === "leaf" && /^-?\d+(\.\d+)?$/.test(here.text))
      here.text += pickText(["000", "e9", ".5", "e308"], number);
  },
];

/** Changes one place of a tree. Numbers of any size are good. */
export function edit(tree: Tree, place: number, what: number): Tree {
  let root = tree;
  const all = spots(root, (other) => {
    root = other;
  });
  const spot = all[place % all.length];
  if (spot !== undefined && all.length < MOST_NODES) {
    EDITS[what % EDITS.length]?.(spot, all, Math.floor(what / EDITS.length) + place);
  }
  return root;
}

function hostile(number: number): Tree {
  return { kind: "leaf", text: pickText(HOSTILE_VALUES, number) };
}

function hostileKey(number: number): string {
  return pickText(HOSTILE_KEYS, number);
}

function pickText(texts: readonly string[], number: number): string {
  return texts[number % texts.length] ?? "null";
}
