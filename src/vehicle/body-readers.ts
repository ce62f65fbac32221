import { isObject, type JsonObject, type JsonValue } from "../lib/json.ts";
import { type Labelled, settleFuelLevel, settleTirePressure } from "./units.ts";

/** What a body says about one reading. `value` null: told as unknown, or unusable. `label` is the unit's, as it came. */
export interface Found {
  readonly value: JsonValue;
  readonly label?: unknown;
}

/** Finds one reading in a signal's body; undefined when the body does not speak of it at all. Never throws. */
export type BodyReader = (body: JsonObject) => Found | undefined;

/** Home Assistant drops longer states; the raw signal keeps the whole text. */
const MAX_TEXT = 255;
const UNUSABLE: Found = { value: null };

export const numberAt =
  (key: string): BodyReader =>
  (body) =>
    number(body[key], body["unit"]);

export const flagAt =
  (key: string): BodyReader =>
  (body) =>
    flag(body[key]);

export const textAt =
  (key: string): BodyReader =>
  (body) =>
    text(body[key]);

/** A list is published whole, as it came. */
export const listAt =
  (key: string): BodyReader =>
  (body) => {
    const list = body[key];
    return Array.isArray(list) ? { value: list as JsonValue } : UNUSABLE;
  };

/** For parts that many cars leave out: no key, no reading. */
export const ifTold =
  (key: string, reader: BodyReader): BodyReader =>
  (body) =>
    Object.hasOwn(body, key) ? reader(body) : undefined;

export const fuelLevel: BodyReader = (body) => {
  const value = body["value"];
  if (!isNumber(value)) return UNUSABLE;
  return settleFuelLevel({ value, label: body["unit"] });
};

/** One of two words, in any case. Anything else is unusable: a two-state entity could not show it. */
export const oneOf =
  (key: string, words: readonly string[]): BodyReader =>
  (body) => {
    const word = body[key];
    const upper = typeof word === "string" ? word.trim().toUpperCase() : "";
    return words.includes(upper) ? { value: upper } : UNUSABLE;
  };

/** A flag told as one of two words. */
export const flagAsWord =
  (key: string, whenTrue: string, whenFalse: string): BodyReader =>
  (body) => {
    const value = body[key];
    return typeof value === "boolean" ? { value: value ? whenTrue : whenFalse } : UNUSABLE;
  };

/** The limit in force; cars that do not name it still list the general one. */
export const activeChargeLimit: BodyReader = (body) => {
  if (isNumber(body["activeLimit"])) return number(body["activeLimit"], body["unit"]);
  const general = entriesOf(body, ["values"]).find((entry) => isWord(entry["type"], "GLOBAL"));
  return number(general?.["limit"], body["unit"]);
};

/** A range under other conditions, which some cars add to the usual one. */
export const additionalRange =
  (type: string): BodyReader =>
  (body) => {
    const entry = entriesOf(body, ["additionalValues"]).find((candidate) => isWord(candidate["type"], type));
    return entry === undefined ? undefined : number(entry["value"], entry["unit"] ?? body["unit"]);
  };

/** Latitude and longitude only make sense together; the rest is passed on where the car tells it. */
export const place: BodyReader = (body) => {
  const { latitude, longitude, heading, direction, locationType } = body;
  if (!isNumber(latitude) || !isNumber(longitude)) return UNUSABLE;
  if (Math.abs(latitude) > 90 || Math.abs(longitude) > 180) return UNUSABLE;
  return {
    value: {
      latitude,
      longitude,
      ...(isNumber(heading) ? { heading } : {}),
      ...(typeof direction === "string" ? { direction } : {}),
      ...(typeof locationType === "string" ? { location_type: locationType } : {}),
    },
  };
};

/** A corner of the car, as readings name it. */
export interface Corner {
  readonly name: string;
  readonly label: string;
  readonly front: boolean;
  readonly left: boolean;
}

export const CORNERS: readonly Corner[] = [
  { name: "front_left", label: "Front left", front: true, left: true },
  { name: "front_right", label: "Front right", front: true, left: false },
  { name: "back_left", label: "Back left", front: false, left: true },
  { name: "back_right", label: "Back right", front: false, left: false },
];

/** One corner's flag; `keys` are the names the list has been seen under. */
export const flagAtCorner =
  (corner: Corner, keys: readonly string[], key: string): BodyReader =>
  (body) => {
    const entry = entryAt(corner, body, keys);
    return entry === undefined || !Object.hasOwn(entry, key) ? undefined : flag(entry[key]);
  };

export const tirePressureAt =
  (corner: Corner): BodyReader =>
  (body) => {
    const entry = entryAt(corner, body, ["values", "tires"]);
    if (entry === undefined) return undefined;
    const value = entry["tirePressure"] ?? entry["pressure"];
    if (!isNumber(value)) return UNUSABLE;
    const settled: Labelled | null = settleTirePressure({ value, label: entry["unit"] ?? body["unit"] });
    return settled ?? UNUSABLE;
  };

/**
 * Row 0 is the front, column 0 the left. Behind the first row everything is "back" (the row nearest to the front wins),
 * and columns between the outer two are nobody's corner.
 */
function entryAt(corner: Corner, body: JsonObject, keys: readonly string[]): JsonObject | undefined {
  const entries = entriesOf(body, keys);
  // From the entries, not from `columnCount`: the right side is there even if the car counts seats it says nothing of.
  const lastColumn = entries.reduce((last, { column }) => (isNumber(column) ? Math.max(last, column) : last), 1);
  let nearest: JsonObject | undefined;
  let nearestRow = Number.POSITIVE_INFINITY;
  for (const entry of entries) {
    const { row, column } = entry;
    if (!isNumber(row) || !isNumber(column) || row < 0) continue;
    const here = (row === 0) === corner.front && (corner.left ? column === 0 : column >= lastColumn);
    if (!here || row >= nearestRow) continue;
    nearest = entry;
    nearestRow = row;
  }
  return nearest;
}

function entriesOf(body: JsonObject, keys: readonly string[]): readonly JsonObject[] {
  for (const key of keys) {
    const list = body[key];
    if (Array.isArray(list)) return list.filter(isObject) as JsonObject[];
  }
  return [];
}

function number(value: JsonValue | undefined, label: unknown): Found {
  return isNumber(value) ? { value, label } : UNUSABLE;
}

function flag(value: JsonValue | undefined): Found {
  return typeof value === "boolean" ? { value } : UNUSABLE;
}

/** An empty payload would erase the topic, so text without content is no text. */
function text(value: JsonValue | undefined): Found {
  if (typeof value !== "string" || value.trim() === "") return UNUSABLE;
  const trimmed = value.trim();
  return { value: trimmed.length <= MAX_TEXT ? trimmed : [...trimmed].slice(0, MAX_TEXT).join("") };
}

function isNumber(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

function isWord(value: JsonValue | undefined, word: string): boolean {
  return typeof value === "string" && value.toUpperCase() === word;
}
