import type { JsonObject, JsonValue } from "../lib/json.ts";

export type Platform =
  | "sensor"
  | "binary_sensor"
  | "device_tracker"
  | "lock"
  | "switch"
  | "number"
  | "button"
  | "event";

/** One entity in a device document, in Home Assistant's words. */
export interface Component {
  readonly platform: Platform;
  readonly [option: string]: JsonValue;
}

/** A device document: one car's entities, or the bridge's. */
export interface DeviceDocument extends JsonObject {
  readonly device: JsonObject;
  readonly origin: JsonObject;
  readonly components: Readonly<Record<string, Component>>;
}

/** An entity before it knows which device it belongs to. */
export interface Draft {
  /** Stable for ever: part of the unique id. */
  readonly key: string;
  readonly platform: Platform;
  /** The data point alone; Home Assistant puts the device's name before it. */
  readonly label: string;
  /** End of the proposed entity id, where it reads better than the key. */
  readonly entityName?: string;
  readonly options: JsonObject;
}

/** Gives drafts their ids. `owner` is the prefix of unique ids, `slug` the start of entity ids. */
export function componentsOf(
  drafts: readonly Draft[],
  owner: string,
  slug: string,
): Readonly<Record<string, Component>> {
  return Object.fromEntries(
    drafts.map(({ key, platform, label, entityName, options }) => [
      key,
      {
        platform,
        unique_id: `${owner}_${key}`,
        default_entity_id: `${platform}.${slug}_${entityName ?? key}`,
        name: label,
        ...options,
      },
    ]),
  );
}

/** Home Assistant takes nothing else in a level of a discovery topic. */
export function topicId(text: string): string {
  return text.replaceAll(/[^A-Za-z0-9_-]/g, "_");
}

/** The form of entity ids: lower case, ASCII, underscores. Empty when nothing of the text can be written so. */
export function slugOf(text: string): string {
  return text
    .normalize("NFKD")
    .replaceAll(/\p{M}/gu, "")
    .replaceAll("ß", "ss")
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "_")
    .replaceAll(/^_|_$/g, "");
}
