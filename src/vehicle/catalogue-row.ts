import type { JsonValue } from "../lib/json.ts";
import type { BodyReader } from "./body-readers.ts";
import { type SignalCode, signalCode } from "./ids.ts";
import type { Quantity } from "./units.ts";

/** How Home Assistant should show a reading. Everything not said has Home Assistant's default. */
export interface EntityHint {
  readonly platform: "sensor" | "binary_sensor" | "device_tracker";
  readonly deviceClass?: string;
  readonly stateClass?: "measurement" | "total" | "total_increasing";
  readonly icon?: string;
  /** Decimals shown; the state keeps them all. */
  readonly precision?: number;
  /** About the car's inside or the connection rather than its use. */
  readonly diagnostic?: true;
  /** Announced, but off until somebody wants it. */
  readonly disabled?: true;
  /** What a binary sensor's two payloads mean, where they are not `true` and `false`. */
  readonly words?: { readonly on: string; readonly off: string };
  /** A list: the entity shows how long it is, and with `entries` the list itself as an attribute. */
  readonly list?: "length" | "entries";
}

/** One plain value that a signal yields, with its topic's name. */
export interface ReadingSpec {
  readonly name: string;
  readonly label: string;
  readonly read: BodyReader;
  readonly quantity: Quantity;
  readonly entity: EntityHint;
  /** Says why a value (in the metric unit) cannot be true; null when it can. Absent: anything can. */
  readonly refuse?: (value: JsonValue) => string | null;
}

/** What numbers can be true, in the metric unit. */
export interface Range {
  readonly min: number;
  readonly max: number;
  /** Numbers within that stand for "no reading". */
  readonly not?: readonly number[];
}

/** How a signal's number may move from one fact to a newer one. */
export interface Course {
  /** Never falls, but for what rounding explains. */
  readonly rising?: true;
  /** Never moves by more than `slack` plus so much a minute. */
  readonly perMinute: number;
  readonly slack: number;
}

/** One signal of Smartcar and what we make of it. */
export interface SignalSpec {
  readonly code: SignalCode;
  readonly group: string;
  readonly name: string;
  readonly readings: readonly ReadingSpec[];
  /** For the first reading; absent: any movement is possible. */
  readonly course?: Course;
}

/** What any number of a quantity must keep to. A row that knows better says so by {@link within}. */
const REFUSE: Readonly<Partial<Record<Quantity, ReturnType<typeof outside>>>> = {
  percent: outside({ min: 0, max: 100 }),
  distance: outside({ min: 0, max: 3_000, not: [65_535] }),
  speed: outside({ min: 0, max: 3_000 }),
  energy: outside({ min: 0, max: 500 }),
  energy_storage: outside({ min: 1, max: 1_000 }),
  power: outside({ min: -400_000, max: 1_000_000, not: [65_535] }),
  voltage: outside({ min: 0, max: 1_500 }),
  current: outside({ min: -1_000, max: 1_000 }),
  temperature: outside({ min: -60, max: 100 }),
  pressure: outside({ min: 0, max: 690 }),
  volume: outside({ min: 0, max: 1_000 }),
  duration: outside({ min: 0, max: 14_400, not: [65_535] }),
};

type Hints = Omit<EntityHint, "platform">;

/** Device classes that follow from the quantity; a percentage may be anything. */
const DEVICE_CLASS: Readonly<Partial<Record<Quantity, string>>> = {
  distance: "distance",
  speed: "speed",
  energy: "energy",
  energy_storage: "energy_storage",
  power: "power",
  voltage: "voltage",
  current: "current",
  temperature: "temperature",
  pressure: "pressure",
  // `volume` is for what was used; what is left in a tank is stored volume.
  volume: "volume_storage",
  duration: "duration",
};

/** The same reading with limits of its own. */
export function within(spec: ReadingSpec, range: Range): ReadingSpec {
  return { ...spec, refuse: outside(range) };
}

/** The same signal with a limit to how it moves. */
export function moving(spec: SignalSpec, course: Course): SignalSpec {
  return { ...spec, course };
}

function outside({ min, max, not = [] }: Range): (value: JsonValue) => string | null {
  return (value) => {
    if (typeof value !== "number") return null;
    if (not.includes(value)) return `${value} stands for no reading`;
    return value < min || value > max ? `${value} is outside ${min} to ${max}` : null;
  };
}

/** A row's signal. The code is group and name in lower case, as everywhere at Smartcar. */
export function signal(group: string, name: string, ...readings: readonly ReadingSpec[]): SignalSpec {
  return { code: signalCode(`${group}-${name}`), group, name, readings };
}

/** A number with a unit. */
export function measure(
  name: string,
  label: string,
  quantity: Exclude<Quantity, "none">,
  read: BodyReader,
  hints: Hints = {},
): ReadingSpec {
  const deviceClass = DEVICE_CLASS[quantity];
  const derived: Hints = { stateClass: "measurement", ...(deviceClass === undefined ? {} : { deviceClass }) };
  const entity: EntityHint = { platform: "sensor", ...derived, ...hints };
  const refuse = REFUSE[quantity];
  return { name, label, read, quantity, entity, ...(refuse === undefined ? {} : { refuse }) };
}

/** A number that counts something. */
export function count(name: string, label: string, read: BodyReader, hints: Hints = {}): ReadingSpec {
  return { name, label, read, quantity: "none", entity: { platform: "sensor", stateClass: "measurement", ...hints } };
}

/**
 * A word. Never announced as an enum: Smartcar's sets of words are open, and Home Assistant would go on showing the
 * last known word instead of a new one.
 */
export function word(name: string, label: string, read: BodyReader, hints: Hints = {}): ReadingSpec {
  return { name, label, read, quantity: "none", entity: { platform: "sensor", ...hints } };
}

/** True or false. */
export function flag(name: string, label: string, read: BodyReader, hints: Hints = {}): ReadingSpec {
  return { name, label, read, quantity: "none", entity: { platform: "binary_sensor", ...hints } };
}

/** True when locked, which is OFF for Home Assistant's class. */
export function latch(name: string, label: string, read: BodyReader): ReadingSpec {
  return flag(name, label, read, { deviceClass: "lock", words: { on: "false", off: "true" } });
}

/** A list of anything, published as JSON. */
export function list(name: string, label: string, read: BodyReader, hints: Hints): ReadingSpec {
  return word(name, label, read, { diagnostic: true, disabled: true, ...hints });
}
