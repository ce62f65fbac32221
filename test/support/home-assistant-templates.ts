import {
  LIST_ATTRIBUTE,
  LIST_LENGTH,
  POSITION_ATTRIBUTES,
  PROBLEM_ACTIVE,
  RESULT_EVENT,
  UNLOCKED,
} from "../../src/bridge/discovery-templates.ts";
import { isObject, parseJson } from "../../src/lib/json.ts";

/** Each template we use, in JavaScript; one that is not here fails the test that meets it. */
const RENDERERS: readonly (readonly [RegExp, (payload: string, ...groups: readonly string[]) => string])[] = [
  [/^\{\{ value_json\.(\w+) \}\}$/, (payload, key = "") => asPython(member(payload, key))],
  [exactly(PROBLEM_ACTIVE), (payload) => (member(payload, "active") === true ? "ON" : "OFF")],
  [
    exactly(RESULT_EVENT),
    (payload) => {
      const error = member(payload, "error");
      const type = member(payload, "confirmed") === true ? "confirmed" : member(payload, "status");
      const message = isObject(error) ? (error["message"] ?? null) : null;
      return JSON.stringify({ event_type: type, value: member(payload, "value"), message });
    },
  ],
  [exactly(LIST_LENGTH), (payload) => (Array.isArray(parseJson(payload)) ? String(listOf(payload).length) : "None")],
  [
    exactly(LIST_ATTRIBUTE),
    (payload) => (parseJson(payload) === undefined ? "{}" : JSON.stringify({ entries: parseJson(payload) })),
  ],
  [exactly(POSITION_ATTRIBUTES), (payload) => (parseJson(payload) === undefined ? "{}" : payload)],
  [
    exactly(UNLOCKED),
    (payload) => (payload === "None" ? "None" : ["LOCKED", "UNLOCKING"].includes(payload) ? "OFF" : "ON"),
  ],
  [
    /^\{\{ value if (\d+) <= value \| float\(\d+\) <= (\d+) else 'None' \}\}$/,
    (payload, min, max) => {
      const inside = isNumeric(payload) && Number(payload) >= Number(min) && Number(payload) <= Number(max);
      return inside ? payload : "None";
    },
  ],
];

/** What a template makes of a payload; the error is what Home Assistant would log. */
export function render(source: string | undefined, payload: string): string | Error {
  if (source === undefined) return payload;
  for (const [pattern, run] of RENDERERS) {
    const match = pattern.exec(source);
    if (match === null) continue;
    try {
      return run(payload, ...match.slice(1));
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  }
  return new Error(`no renderer for ${source}`);
}

function exactly(source: string): RegExp {
  return new RegExp(`^${RegExp.escape(source)}$`);
}

function listOf(payload: string): readonly unknown[] {
  const list = parseJson(payload);
  return Array.isArray(list) ? list : [];
}

/** @throws when the payload has no such member: Home Assistant logs an undefined variable. */
function member(payload: string, key: string): unknown {
  const json = parseJson(payload);
  if (!isObject(json) || !(key in json)) throw new Error(`${key} is undefined in ${payload}`);
  return json[key];
}

/** JSON as a template prints it. */
function asPython(value: unknown): string {
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** Would Python read it as a finite number? */
export function isNumeric(state: string): boolean {
  return /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(state) && Number.isFinite(Number(state));
}
