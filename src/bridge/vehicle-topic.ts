import { RESERVED } from "./topics.ts";

export interface VehicleNames {
  readonly make: string | null;
  readonly model: string | null;
  readonly id: string;
}

const FIRST_SUFFIX = 4;
const LONGEST_NAME = 60;

/**
 * The topic name of a car seen for the first time: `volkswagen-id-4`; for a further one of the same name the start of
 * its id is added (`volkswagen-id-4-36ab`), as much of it as makes the name unique. Its caller stores it: a name never
 * changes by itself.
 */
export function vehicleTopic(names: VehicleNames, taken: ReadonlySet<string>): string {
  const isFree = (name: string) => name !== RESERVED && !taken.has(name);
  const name = baseName(names);
  if (isFree(name)) return name;
  const id = names.id.toLowerCase().replace(/[^a-z0-9]/g, "");
  for (let length = FIRST_SUFFIX; length <= Math.max(id.length, FIRST_SUFFIX); length++) {
    const longer = `${name}-${id.slice(0, length)}`;
    if (id !== "" && isFree(longer)) return longer;
  }
  // Only overrides in the configuration can have taken all of these.
  for (let count = 2; ; count++) {
    if (isFree(`${name}-${count}`)) return `${name}-${count}`;
  }
}

/** Is this fit to be a vehicle's topic name (an override from the configuration)? */
export function isVehicleTopic(text: string): boolean {
  return /^[A-Za-z0-9_-]{1,100}$/.test(text) && text !== RESERVED;
}

function baseName({ make, model }: VehicleNames): string {
  const brand = kebab(make ?? "");
  const type = kebab(model ?? "");
  // "Polestar 2" by Polestar is polestar-2; a make that only happens to begin a longer word ("mini", "minivan") is kept.
  const repeated = brand !== "" && type.startsWith(brand) && /^(-|\d|$)/.test(type.slice(brand.length));
  const rest = repeated ? type.slice(brand.length).replace(/^-/, "") : type;
  const name = [brand, rest].filter((part) => part !== "").join("-");
  return name.slice(0, LONGEST_NAME).replace(/-+$/, "") || "vehicle";
}

/** Letters that carry no separable accent, so that normalising leaves them as they are. */
const LETTERS: Readonly<Record<string, string>> = {
  ß: "ss",
  æ: "ae",
  œ: "oe",
  ø: "o",
  ł: "l",
  đ: "d",
  ð: "d",
  þ: "th",
  ı: "i",
};

function kebab(text: string): string {
  return text
    .toLowerCase()
    .replace(/[ßæœøłđðþı]/g, (letter) => LETTERS[letter] ?? "")
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "");
}
