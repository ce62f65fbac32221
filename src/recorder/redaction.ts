import { isObject, type JsonObject, type JsonValue, parseJson } from "../lib/json.ts";
import { signalSpec } from "../vehicle/catalogue.ts";
import { signalCode } from "../vehicle/ids.ts";
import type { Place, Pseudonyms } from "./pseudonyms.ts";
import { isConstant, isHarmless, isMemberName, isPermission, isSignalCode, isTime } from "./words.ts";

/** Where in a document a value stands, as far as that decides what may be kept of it. */
type Around =
  /** Smartcar's envelope, or anything unknown. */
  | "envelope"
  /** The body of a signal of the catalogue. */
  | "body"
  /** The body of a signal nobody knows: its numbers could be a place, its words a name. */
  | "unknown body"
  /** The body of a signal that tells a place. */
  | "place"
  /** The body of a signal that names the car or its owner; or what stands under a private name. */
  | "private"
  /** A command's payload. */
  | "command";

/** Members of the envelope whose words are Smartcar's own. */
const ENVELOPE_WORDS = new Set(
  `eventType eventName type code state status mode make model powertrainType version commandType executionMode action
   error orderBy orderDirection scheduleType`.split(/\s+/),
);
/** Members of a known signal's body whose words are the maker's or Smartcar's own. */
const BODY_WORDS = new Set(
  `value values unit type status source canonical oemDisplayName scheduleType chargingType currency days code`.split(
    /\s+/,
  ),
);
const COMMAND_WORDS = new Set("type days mode level".split(" "));
const COMMAND_VALUE = /^(lock|unlock|true|false|on|off|open|close|start|stop|press)$/i;
const DURATION = /^\d{1,6}(ms|s|m|h|d)$/;
/** Numbers of the envelope that say nothing of anybody. */
const ENVELOPE_NUMBERS = new Set(
  `year status statusCode sequence version signalCount pageNumber page pageSize totalCount durationInSeconds
   oemUpdatedAt retrievedAt ingestedAt fetchedAt deliveredAt deliveryTimestamp`.split(/\s+/),
);
const PRIVATE_SIGNAL = /^(vehicleidentification-(vin|nickname)$|vehicleuseraccount-)/;
const PRIVATE_MEMBER =
  /^(user|owner|driver|account|customer)|nick|address|street|house|postal|postcode|^zip|^city$|region|phone|mail|serial|imei|plate|licen[cs]e|token|secret|password|passcode|pin$/i;
const ID_MEMBER = /^(ids?|guid|uuid)$|[a-z](Ids?|IDs?)$|_ids?$/;
/** Members that name signals, one or several. */
const SIGNAL_LISTS = /^(code|signals?|triggers)$/;
const LATITUDE = /^lat(itude)?$/i;
const LONGITUDE = /^(lon|lng|long|longitude)$/i;
const WHEREABOUTS = /latitude|longitude|^(lat|lon|lng|long)$|^geo|^gps|pluscode|what3words|coordinates?$/i;
/** Whatever stands below tells a place: also bare numbers. */
const PLACE_MEMBER = /^(location|position|place)$/i;
const DIRECTION = /heading|direction|bearing/i;
const CALLBACK = /callback|^ur[il]$|uri$|url$/i;
/** Between them lie the instants of this century in seconds and milliseconds. */
const INSTANTS: readonly (readonly [number, number])[] = [
  [1e9, 5e9],
  [1e12, 5e12],
];

export interface RedactionOptions {
  /** Our own callback is told from others; null where there is none. */
  readonly callbackUrl: string | null;
  /** Whether places are moved, or left out altogether, as `privacy.location: off` wants it. */
  readonly places: "moved" | "left out";
}

/**
 * Takes out of what came in or went out everything that names a person, a car or a place, and every free text; keeps its
 * form, its words where they are Smartcar's, and its numbers where they are a car's. What is not known to be harmless is
 * replaced.
 */
export class Redaction {
  readonly #names: Pseudonyms;
  readonly #options: RedactionOptions;

  constructor(names: Pseudonyms, options: RedactionOptions) {
    this.#names = names;
    this.#options = options;
  }

  /** A delivery, or an answer of Smartcar. */
  document(json: JsonValue): JsonValue {
    return this.#value("", json, "envelope");
  }

  /** The body of one signal. */
  body(code: string, body: JsonObject): JsonValue {
    return this.#value("body", body, around(code));
  }

  /** What was sent to a command or request topic. */
  payload(text: string): JsonValue {
    const json = parseJson(text);
    if (json === undefined) return COMMAND_VALUE.test(text.trim()) ? text.trim() : this.#names.text(text);
    return this.#value("value", json, "command");
  }

  id(text: string): string {
    return this.#names.id(text);
  }

  /** Words that are ours or Smartcar's, unless something else slipped in. */
  words(text: string): string {
    return isHarmless(text) ? text : this.#names.text(text);
  }

  #value(name: string, value: JsonValue, where: Around): JsonValue {
    if (where === "place" && this.#options.places === "left out") return null;
    if (value === null || typeof value === "boolean") return value;
    if (typeof value === "number") return this.#number(name, value, where);
    if (typeof value === "string") return this.#text(name, value, where);
    // Bare numbers in a row could be a place wherever they stand.
    if (isList(value)) return value.map((item) => (isNumber(item) ? coarse(item) : this.#value(name, item, where)));
    return this.#object(value, where);
  }

  #object(object: JsonObject, where: Around, code = signalOf(object)): JsonObject {
    const place = this.#options.places === "moved" ? placeOf(object) : null;
    const shown = place === null ? null : this.#names.place(place);
    const kept: [string, JsonValue][] = [];
    for (const [name, value] of Object.entries(object)) {
      // Addresses of further answers: they hold ids, and nobody needs them.
      if (name === "links") continue;
      const isKept = code !== null && typeof value === "string" && saysTheSame(name, value, code);
      kept.push([this.#member(name), isKept ? value : this.#inObject(name, value, { where, code, shown })]);
    }
    // Not by assignment: a member may be called `__proto__`.
    return Object.fromEntries(kept);
  }

  #inObject(
    name: string,
    value: JsonValue,
    { where, code, shown }: { where: Around; code: string | null; shown: Place | null },
  ): JsonValue {
    if (shown !== null && LATITUDE.test(name)) return shown.latitude;
    if (shown !== null && LONGITUDE.test(name)) return shown.longitude;
    // A place in a form that cannot be moved is not kept.
    if (WHEREABOUTS.test(name)) return null;
    if (code !== null && name === "body") return this.#value(name, value, around(code));
    // In payloads that map names to signals the name stands for the code.
    const named = isTree(value) && "body" in value ? codeOfName(name) : null;
    if (named !== null && isTree(value)) return this.#object(value, where, named);
    if (PRIVATE_MEMBER.test(name)) return this.#value(name, value, "private");
    return this.#value(name, value, PLACE_MEMBER.test(name) ? "place" : where);
  }

  #member(name: string): string {
    return isMemberName(name) ? name : this.#names.text(name);
  }

  #number(name: string, value: number, where: Around): JsonValue {
    if (ID_MEMBER.test(name)) return this.#names.number(value);
    switch (where) {
      case "body":
      case "command":
        return value;
      case "place":
        return DIRECTION.test(name) ? value : null;
      case "private":
        return 0;
      case "envelope":
        return ENVELOPE_NUMBERS.has(name) ? value : coarse(value);
      case "unknown body":
        return coarse(value);
    }
  }

  #text(name: string, text: string, where: Around): string {
    if (text === "" || isTime(text)) return text;
    if (ID_MEMBER.test(name)) return this.#names.id(text);
    if (/^vin$/i.test(name) || (where === "private" && /^[A-Z0-9]{17}$/i.test(text))) return this.#names.vin(text);
    if (CALLBACK.test(name)) return text === this.#options.callbackUrl ? OUR_CALLBACK : this.#names.url(text);
    return this.#isKept(name, text, where) ? text : this.#names.text(text);
  }

  #isKept(name: string, text: string, where: Around): boolean {
    switch (where) {
      case "envelope":
        if (name === "permissions") return isPermission(text);
        if (SIGNAL_LISTS.test(name)) return isSignalCode(text) || codeOfName(text) !== null || isConstant(text);
        if (name === "sequence") return /^\d{1,16}$/.test(text);
        return (ENVELOPE_WORDS.has(name) || (name === "value" && isConstant(text))) && isHarmless(text);
      case "body":
        return BODY_WORDS.has(name) && isHarmless(text);
      case "command":
        return name === "value"
          ? COMMAND_VALUE.test(text)
          : DURATION.test(text) || (COMMAND_WORDS.has(name) && isHarmless(text));
      case "place":
      case "unknown body":
        return (name === "unit" || name === "status" || /type$/i.test(name)) && isHarmless(text);
      case "private":
        return name === "type" && isHarmless(text);
    }
  }
}

/** What stands for our own callback address, so that a replay knows the webhook that was ours. */
export const OUR_CALLBACK = "https://ours.invalid/";

function around(code: string): Around {
  if (PRIVATE_SIGNAL.test(code)) return "private";
  if (code.startsWith("location-")) return "place";
  return signalSpec(signalCode(code)) === undefined ? "unknown body" : "body";
}

/** The code of the signal that an object tells of; null when it tells of none. */
function signalOf(object: JsonObject): string | null {
  const { code, group, name } = object;
  if (typeof code === "string" && isSignalCode(code.toLowerCase())) return code.toLowerCase();
  return typeof group === "string" && typeof name === "string" ? codeOfName(`${group}.${name}`) : null;
}

/** `TractionBattery.StateOfCharge` is `tractionbattery-stateofcharge`. */
function codeOfName(name: string): string | null {
  return /^[A-Za-z]+[.-][A-Za-z]+$/.test(name) ? name.replace(".", "-").toLowerCase() : null;
}

/** Whether a member of an object that tells of a signal only repeats which one it is. */
function saysTheSame(name: string, value: string, code: string): boolean {
  const said = value.toLowerCase();
  switch (name) {
    case "id":
    case "code":
      return said === code;
    case "name":
      return code.endsWith(`-${said}`);
    case "group":
      return code.startsWith(`${said}-`);
    default:
      return false;
  }
}

/** A place that an object names by two numbers, or texts of numbers. */
function placeOf(object: JsonObject): Place | null {
  const names = Object.keys(object);
  const latitude = degrees(object[names.find((name) => LATITUDE.test(name)) ?? ""]);
  const longitude = degrees(object[names.find((name) => LONGITUDE.test(name)) ?? ""]);
  return latitude === null || longitude === null ? null : { latitude, longitude };
}

function degrees(value: JsonValue | undefined): number | null {
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  return typeof number === "number" && Number.isFinite(number) ? number : null;
}

/** Too coarse for a place or a telephone number; instants stay. */
function coarse(value: number): number {
  const size = Math.abs(value);
  if (INSTANTS.some(([from, to]) => size >= from && size < to)) return value;
  return size < 100_000 ? Math.trunc(value) : 0;
}

function isTree(value: JsonValue): value is JsonObject {
  return isObject(value);
}

function isNumber(value: JsonValue): value is number {
  return typeof value === "number";
}

function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}
