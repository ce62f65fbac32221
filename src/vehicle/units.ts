/** The system every reading and entity is published in. */
export type UnitSystem = "metric" | "imperial";

/** What a number measures. `none` is a bare number: a count, or one whose label carries no meaning. */
export type Quantity =
  | "distance"
  | "speed"
  | "energy"
  | "energy_storage"
  | "power"
  | "voltage"
  | "current"
  | "temperature"
  | "pressure"
  | "volume"
  | "duration"
  | "percent"
  | "none";

/** Units in the spelling of Home Assistant, which is also the spelling for people. */
export type Unit =
  | "km"
  | "mi"
  | "km/h"
  | "mph"
  | "kWh"
  | "W"
  | "V"
  | "A"
  | "°C"
  | "°F"
  | "kPa"
  | "psi"
  | "L"
  | "gal"
  | "min"
  | "%";

type Dimension = Exclude<Quantity, "energy_storage" | "none">;

interface UnitRow {
  /** Also what it is converted to when it is one of the published units. */
  readonly unit: Unit | "bar" | "kW" | "Wh" | "s" | "h";
  readonly dimension: Dimension;
  /** value in the dimension's metric unit = (value - offset) × scale */
  readonly scale: number;
  readonly offset?: number;
  /** Spellings met in payloads or documents, in lower case and without blanks. */
  readonly aliases: readonly string[];
}

const UNITS: readonly UnitRow[] = [
  {
    unit: "km",
    dimension: "distance",
    scale: 1,
    aliases: ["km", "kilometer", "kilometers", "kilometre", "kilometres"],
  },
  { unit: "mi", dimension: "distance", scale: 1.609344, aliases: ["mi", "mile", "miles"] },
  { unit: "km/h", dimension: "speed", scale: 1, aliases: ["km/h", "kph", "kmh", "kmph"] },
  { unit: "mph", dimension: "speed", scale: 1.609344, aliases: ["mph", "mi/h"] },
  { unit: "kWh", dimension: "energy", scale: 1, aliases: ["kwh", "kwhr"] },
  { unit: "Wh", dimension: "energy", scale: 0.001, aliases: ["wh"] },
  { unit: "W", dimension: "power", scale: 1, aliases: ["w", "watt", "watts"] },
  { unit: "kW", dimension: "power", scale: 1000, aliases: ["kw", "kilowatt", "kilowatts"] },
  { unit: "V", dimension: "voltage", scale: 1, aliases: ["v", "volt", "volts"] },
  { unit: "A", dimension: "current", scale: 1, aliases: ["a", "amp", "amps", "ampere", "amperes"] },
  { unit: "°C", dimension: "temperature", scale: 1, aliases: ["c", "°c", "celsius"] },
  { unit: "°F", dimension: "temperature", scale: 5 / 9, offset: 32, aliases: ["f", "°f", "fahrenheit"] },
  { unit: "kPa", dimension: "pressure", scale: 1, aliases: ["kpa", "kilopascal", "kilopascals"] },
  { unit: "bar", dimension: "pressure", scale: 100, aliases: ["bar", "bars"] },
  { unit: "psi", dimension: "pressure", scale: 6.894757293168, aliases: ["psi"] },
  { unit: "L", dimension: "volume", scale: 1, aliases: ["l", "liter", "liters", "litre", "litres"] },
  { unit: "gal", dimension: "volume", scale: 3.785411784, aliases: ["gal", "gallon", "gallons"] },
  { unit: "min", dimension: "duration", scale: 1, aliases: ["min", "mins", "minute", "minutes"] },
  { unit: "s", dimension: "duration", scale: 1 / 60, aliases: ["s", "sec", "second", "seconds"] },
  { unit: "h", dimension: "duration", scale: 60, aliases: ["h", "hr", "hour", "hours"] },
  { unit: "%", dimension: "percent", scale: 1, aliases: ["%", "percent", "percentage"] },
];

const BY_ALIAS = new Map(UNITS.flatMap((row) => row.aliases.map((alias) => [alias, row] as const)));
const BY_UNIT = new Map<string, UnitRow>(UNITS.map((row) => [row.unit, row]));

const PUBLISHED: Readonly<Record<Dimension, Readonly<Record<UnitSystem, Unit>>>> = {
  distance: { metric: "km", imperial: "mi" },
  speed: { metric: "km/h", imperial: "mph" },
  energy: { metric: "kWh", imperial: "kWh" },
  power: { metric: "W", imperial: "W" },
  voltage: { metric: "V", imperial: "V" },
  current: { metric: "A", imperial: "A" },
  temperature: { metric: "°C", imperial: "°F" },
  pressure: { metric: "kPa", imperial: "psi" },
  volume: { metric: "L", imperial: "gal" },
  duration: { metric: "min", imperial: "min" },
  percent: { metric: "%", imperial: "%" },
};

/** The unit a quantity is published in; null for a bare number. */
export function publishedUnit(quantity: Quantity, system: UnitSystem): Unit | null {
  const dimension = dimensionOf(quantity);
  return dimension === null ? null : PUBLISHED[dimension][system];
}

/**
 * Brings a number to the published unit. A missing label means the metric unit. A label that nobody here knows, or one
 * of another quantity, gives null: a number wrong by a factor does more harm than none, and the raw signal still
 * shows it. Converted values are rounded to one decimal; a value already in its unit is left as it came.
 */
export function toPublishedUnit(value: number, label: unknown, quantity: Quantity, system: UnitSystem): number | null {
  if (!Number.isFinite(value)) return null;
  const dimension = dimensionOf(quantity);
  if (dimension === null) return value;
  const from = isMissing(label) ? BY_UNIT.get(PUBLISHED[dimension].metric) : rowOf(label);
  const to = BY_UNIT.get(PUBLISHED[dimension][system]);
  if (from === undefined || to === undefined || from.dimension !== dimension) return null;
  if (from === to) return value;
  const metric = (value - (from.offset ?? 0)) * from.scale;
  return roundToTenth(metric / to.scale + (to.offset ?? 0));
}

/** A number and the label it should have carried. */
export interface Labelled {
  readonly value: number;
  readonly label: unknown;
}

/** Above this a pressure cannot be bar. */
const HIGHEST_BAR = 20;
/** Cars send 699.9 kPa for "no reading". */
const NO_READING_KPA = 690;

/**
 * Tyre pressures arrive labelled `bar` with a number in kPa, or with no label at all, so the magnitude decides between
 * the metric units. Null when the sensor has no reading.
 */
export function settleTirePressure({ value, label }: Labelled): Labelled | null {
  const row = rowOf(label);
  const settled = (unit: string) => ({ value, label: unit });
  if (row?.unit === "psi") return value * row.scale >= NO_READING_KPA ? null : settled("psi");
  if (value >= NO_READING_KPA) return null;
  if (value > HIGHEST_BAR) return settled("kPa");
  return isMissing(label) ? settled("bar") : { value, label };
}

/** Older fuel levels are a fraction of the tank (0.77) without a label; percentages carry one or exceed 1. */
export function settleFuelLevel({ value, label }: Labelled): Labelled {
  if (!isMissing(label) || value > 1) return { value, label };
  return { value: roundToTenth(value * 100) ?? 0, label: "percent" };
}

function dimensionOf(quantity: Quantity): Dimension | null {
  if (quantity === "none") return null;
  return quantity === "energy_storage" ? "energy" : quantity;
}

function isMissing(label: unknown): boolean {
  return label === undefined || label === null || label === "";
}

function rowOf(label: unknown): UnitRow | undefined {
  return typeof label === "string" ? BY_ALIAS.get(label.toLowerCase().replaceAll(/\s/g, "")) : undefined;
}

function roundToTenth(value: number): number | null {
  const rounded = Math.round(value * 10) / 10;
  if (!Number.isFinite(rounded)) return null;
  return rounded === 0 ? 0 : rounded;
}
