import { stringify } from "yaml";
import * as z from "zod";
import { type Setting, settings } from "../src/config/settings.ts";
import { isObject } from "../src/lib/json.ts";
import { REPOSITORY } from "../src/lib/project.ts";
import { FIXED_IN_CONTAINER } from "./env-example.ts";

const NOTE = "# Generated from the program: npm run generate\n";
const PRIVATE_PORT = fallbackOf("http.port");
const PUBLIC_PORT = fallbackOf("http.public_port");

/** The page is reached through Home Assistant only, whose address the add-on's start sets. */
export const SET_BY_ADDON: readonly string[] = ["http.allowed_hosts", "http.trusted_proxy"];

/** The settings that are options of the add-on, under the name of their variable in lower case. */
export const ADDON_SETTINGS: readonly (Setting & { readonly env: string })[] = settings.flatMap((setting) =>
  setting.env === null || [...FIXED_IN_CONTAINER, ...SET_BY_ADDON].includes(setting.key)
    ? []
    : [{ ...setting, env: setting.env }],
);

/** addon/config.yaml, as the Supervisor reads it. */
export function addonConfig(version: string): string {
  const required = ADDON_SETTINGS.filter(({ unset }) => unset === "required");
  return (
    NOTE +
    stringify(
      {
        name: "smartcar2mqtt",
        version,
        slug: "smartcar2mqtt",
        description: "Cars connected through Smartcar on MQTT, with Home Assistant discovery and safe remote commands",
        url: `https://github.com/${REPOSITORY}`,
        arch: ["aarch64", "amd64"],
        startup: "services",
        boot: "auto",
        // The database is copied whole, so it must be at rest.
        backup: "cold",
        services: ["mqtt:want"],
        map: ["addon_config:ro"],
        ingress: true,
        ingress_port: PRIVATE_PORT,
        panel_title: "Smartcar",
        panel_icon: "mdi:car-connected",
        watchdog: `http://[HOST]:[PORT:${PRIVATE_PORT}]/healthz`,
        ports: { [`${PUBLIC_PORT}/tcp`]: PUBLIC_PORT },
        ports_description: {
          [`${PUBLIC_PORT}/tcp`]: "Webhook and Connect callback: the only port to expose, over HTTPS",
        },
        options: Object.fromEntries(required.map(({ env }) => [env.toLowerCase(), null])),
        schema: Object.fromEntries(ADDON_SETTINGS.map((setting) => [setting.env.toLowerCase(), optionType(setting)])),
      },
      { lineWidth: 0 },
    )
  );
}

/** addon/build.yaml: the published image that the add-on puts its start in front of. */
export function addonBuild(version: string): string {
  const image = `ghcr.io/${REPOSITORY}:${version}`;
  return NOTE + stringify({ build_from: { aarch64: image, amd64: image } });
}

/** addon/translations/en.yaml: what stands beside each option. */
export function addonTranslations(): string {
  const configuration = Object.fromEntries(
    ADDON_SETTINGS.map((setting) => [
      setting.env.toLowerCase(),
      { name: setting.key, description: setting.description },
    ]),
  );
  return NOTE + stringify({ configuration }, { lineWidth: 0 });
}

/** An option's type in the Supervisor's own words; a question mark lets it be left out. */
function optionType(setting: Setting): string | string[] {
  const shape = z.toJSONSchema(setting.schema, { io: "input", unrepresentable: "any" });
  if (setting.kind === "list") return [`${words(choicesIn(shape.items))}?`];
  return `${plainType(setting, shape)}${setting.unset === "required" ? "" : "?"}`;
}

function plainType(setting: Setting, shape: z.core.JSONSchema.BaseSchema): string {
  if (setting.struckFromLogs) return "password";
  if (setting.kind === "boolean") return "bool";
  if (setting.kind === "number") return `int(${shape.minimum ?? ""},)`;
  // Choices that are read in any case are seen on the way out only, those that are converted on the way in only.
  const out = z.toJSONSchema(setting.schema, { io: "output", unrepresentable: "any" });
  const choices = [...new Set([...choicesIn(shape), ...choicesIn(out)])];
  return choices.length > 0 ? words(choices) : "str";
}

function choicesIn(shape: unknown): string[] {
  if (!isObject(shape)) return [];
  if (Array.isArray(shape["anyOf"])) return shape["anyOf"].flatMap(choicesIn);
  return Array.isArray(shape["enum"]) ? shape["enum"].map(String) : [];
}

function words(choices: readonly string[]): string {
  return `list(${choices.join("|")})`;
}

function fallbackOf(key: string): number {
  const fallback = settings.find((setting) => setting.key === key)?.fallback;
  if (typeof fallback !== "number") throw new Error(`${key} has no number as its default`);
  return fallback;
}
