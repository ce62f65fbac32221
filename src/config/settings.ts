import * as z from "zod";
import { asString } from "../lib/json.ts";
import { configSchema } from "./schema.ts";

/** What a value looks like in the YAML file; the environment has only text, which is turned into this. */
export type SettingKind = "text" | "number" | "boolean" | "list" | "secrets" | "objects";

/** One key of the configuration, read off the schema. */
export interface Setting {
  /** As in the YAML file, with dots: `mqtt.base_topic`. */
  readonly key: string;
  readonly path: readonly string[];
  /** Name in the environment; null when it is for the YAML file only. */
  readonly env: string | null;
  readonly schema: z.ZodType;
  readonly kind: SettingKind;
  /** Written like `15m`, parsed to milliseconds. */
  readonly duration: boolean;
  readonly secret: boolean;
  /** Registered with the redactor; true for secrets except ordinary words. */
  readonly struckFromLogs: boolean;
  readonly description: string;
  /** How the default is written in the file; undefined without one. */
  readonly fallback: unknown;
  /** Default inside the container image, where it differs. */
  readonly inImage: string | undefined;
  readonly example: unknown;
  /** What leaving it out means, when there is no fixed default. */
  readonly unset: string | undefined;
}

export interface Section {
  readonly name: string;
  readonly description: string;
}

/** All keys, in the order of the schema. */
export const settings: readonly Setting[] = Object.entries(configSchema.shape).flatMap(([name, schema]) =>
  schema instanceof z.ZodObject
    ? Object.entries(schema.shape).map(([inner, leaf]) => setting([name, inner], leaf as z.ZodType))
    : [setting([name], schema)],
);

export const sections: readonly Section[] = Object.entries(configSchema.shape).flatMap(([name, schema]) =>
  schema instanceof z.ZodObject ? [{ name, description: schema.description ?? "" }] : [],
);

function setting(path: readonly string[], schema: z.ZodType): Setting {
  const meta = z.globalRegistry.get(schema) ?? {};
  const kind = kindOf(schema);
  const secret = meta["writeOnly"] === true;
  return {
    key: path.join("."),
    path,
    env: kind === "objects" ? null : path.join("_").toUpperCase(),
    schema,
    kind,
    // Nothing else is text in the file and a number afterwards.
    duration: kind === "text" && typeof schema.safeParse(fallbackOf(schema)).data === "number",
    secret,
    struckFromLogs: secret && meta["struckFromLogs"] !== false,
    description: meta.description ?? "",
    fallback: fallbackOf(schema),
    inImage: asString(meta["inImage"]),
    example: Array.isArray(meta["examples"]) ? meta["examples"][0] : undefined,
    unset: asString(meta["unset"]),
  };
}

function fallbackOf(schema: z.ZodType): unknown {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) return schema.def.defaultValue;
  return undefined;
}

function kindOf(schema: unknown): SettingKind {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional) {
    return kindOf(schema.def.innerType);
  }
  if (schema instanceof z.ZodPipe) {
    // A preprocessed value has its kind on the way out, a transformed one on the way in.
    return kindOf(schema.def.in instanceof z.ZodTransform ? schema.def.out : schema.def.in);
  }
  if (schema instanceof z.ZodUnion) {
    return schema.def.options.some((option) => option instanceof z.ZodArray) ? "secrets" : "text";
  }
  if (schema instanceof z.ZodArray) return schema.element instanceof z.ZodObject ? "objects" : "list";
  if (schema instanceof z.ZodBoolean) return "boolean";
  return schema instanceof z.ZodNumber ? "number" : "text";
}
