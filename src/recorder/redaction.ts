import { isObject, type JsonObject, type JsonValue, parseJson } from "../lib/json.ts";
import { signalSpec } from "../vehicle/catalogue.ts";
import { signalCode } from "../vehicle/ids.ts";
import { coarse } from "./coarse.ts";
import { codeOfName, type Member, Members } from "./members.ts";
import type { Place, Pseudonyms } from "./pseudonyms.ts";
import { isConstant, isHarmless, isPermission, isSignalCode, isTime } from "./words.ts";

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
/** Well above every number that a command takes. */
const HIGHEST_COMMANDED = 1_000;
const DURATION = /^\d{1,6}(ms|s|m|h|d)$/;
/** Numbers of the envelope that say nothing of anybody. */
const ENVELOPE_NUMBERS = new Set(
  `year status statusCode sequence version signalCount pageNumber page pageSize totalCount durationInSeconds
   oemUpdatedAt retrievedAt ingestedAt fetchedAt deliveredAt deliveryTimestamp`.split(/\s+/),
);
const PRIVATE_SIGNAL = /^(vehicleidentification-(vin|nickname)$|vehicleuseraccount-)/;
/** Members that name signals, one or several. */
const SIGNAL_LISTS = /^(code|signals?|triggers)$/;

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
  readonly #members = new Members();

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
    const members = Object.entries(object).map(([name, value]) => ({ name, value, says: this.#members.of(name) }));
    const place = this.#options.places === "moved" ? placeOf(members) : null;
    const shown = place === null ? null : this.#names.place(place);
    const kept: [string, JsonValue][] = [];
    for (const { name, value, says } of members) {
      // Addresses of further answers: they hold ids, and nobody needs them.
      if (name === "links") continue;
      const isKept = code !== null && typeof value === "string" && saysTheSame(name, value, code);
      kept.push([
        says.isName ? name : this.#names.text(name),
        isKept ? value : this.#inObject(name, says, value, { where, code, shown }),
      ]);
    }
    // Not by assignment: a member may be called `__proto__`.
    return Object.fromEntries(kept);
  }

  #inObject(
    name: string,
    says: Member,
    value: JsonValue,
    { where, code, shown }: { where: Around; code: string | null; shown: Place | null },
  ): JsonValue {
    if (shown !== null && says.isLatitude) return shown.latitude;
    if (shown !== null && says.isLongitude) return shown.longitude;
    // A place in a form that cannot be moved is not kept.
    if (says.isWhereabouts) return null;
    if (code !== null && name === "body") return this.#value(name, value, around(code));
    // In payloads that map names to signals the name stands for the code.
    if (says.signal !== null && isTree(value) && "body" in value) return this.#object(value, where, says.signal);
    if (says.isPrivate) return this.#value(name, value, "private");
    return this.#value(name, value, says.isPlace ? "place" : where);
  }

  #number(name: string, value: number, where: Around): JsonValue {
    const says = this.#members.of(name);
    if (says.isId) return this.#names.number(value);
    switch (where) {
      case "body":
        return value;
      case "command":
        // What people send under other names, such as `y`, could be half a place; a longer number somebody's telephone.
        return name === "value" && Math.abs(value) < HIGHEST_COMMANDED ? value : coarse(value);
      case "place":
        return says.isDirection ? value : null;
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
    const says = this.#members.of(name);
    if (says.isId) return this.#names.id(text);
    if (says.isVin || (where === "private" && /^[A-Z0-9]{17}$/i.test(text))) return this.#names.vin(text);
    if (says.isCallback) return text === this.#options.callbackUrl ? OUR_CALLBACK : this.#names.url(text);
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
function placeOf(members: readonly { readonly value: JsonValue; readonly says: Member }[]): Place | null {
  const latitude = degrees(members.find(({ says }) => says.isLatitude)?.value);
  const longitude = degrees(members.find(({ says }) => says.isLongitude)?.value);
  return latitude === null || longitude === null ? null : { latitude, longitude };
}

function degrees(value: JsonValue | undefined): number | null {
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  return typeof number === "number" && Number.isFinite(number) ? number : null;
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
