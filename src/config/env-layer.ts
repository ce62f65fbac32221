import { systemCode } from "../lib/errors.ts";
import { fromWords, type Layer, type RawValue } from "./layer.ts";
import { nearest } from "./nearest.ts";
import type { Problem } from "./problem.ts";
import { type Setting, settings } from "./settings.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

const PREFIXES = /^(SMARTCAR|MQTT|POLLING|COMMANDS|PRIVACY|HTTP|LOG|HOMEASSISTANT)_/;
/** Well-known names that begin like ours. */
const FOREIGN = new Set(["HTTP_PROXY"]);
const SLIP = 2;

/** Reads the environment and the files that `…_FILE` names point to. Empty text counts as unset. */
export function envLayer(env: Environment, readFile: (path: string) => string): Layer {
  const values = new Map<string, RawValue>();
  const problems: Problem[] = [];
  const warnings = misspelt(env);
  const given = (name: string) => (env[name]?.trim() ? env[name] : undefined);
  for (const setting of settings) {
    if (setting.env === null) continue;
    const name = setting.env;
    const text = given(name);
    const path = setting.secret ? given(`${name}_FILE`) : undefined;
    if (text !== undefined && path !== undefined) {
      problems.push({ key: setting.key, what: `both ${name} and ${name}_FILE are set`, mend: "keep one of them" });
    } else if (path !== undefined) {
      const read = secretFile(setting, `${name}_FILE`, path, readFile);
      if ("value" in read) values.set(setting.key, read);
      else problems.push(read);
    } else if (text !== undefined) {
      values.set(setting.key, { value: fromWords(setting.kind, text), source: `env ${name}` });
    }
    if (setting.kind === "list" && env[name] !== undefined && text === undefined) {
      warnings.push({
        key: setting.key,
        what: `${name} is empty and counts as unset`,
        mend: `write ${name}=none for an empty list`,
      });
    }
  }
  return { values, problems, warnings, unreadable: false };
}

function secretFile(
  setting: Setting,
  name: string,
  path: string,
  readFile: (path: string) => string,
): RawValue | Problem {
  let text: string;
  try {
    text = readFile(path);
  } catch (error) {
    const reason = systemCode(error) === "ENOENT" ? "does not exist" : `cannot be read (${systemCode(error) ?? "?"})`;
    return {
      key: setting.key,
      what: `the file ${path} of ${name} ${reason}`,
      mend: "name a file that this user may read",
    };
  }
  // Editors and `echo` end a file with a line break that is no part of the secret.
  const content = text.replace(/^\uFEFF/, "").replace(/\r?\n$/, "");
  if (content.trim() === "") {
    return { key: setting.key, what: `the file ${path} of ${name} is empty`, mend: "write the secret into it" };
  }
  const value = setting.kind === "secrets" ? content.split(/\r?\n/) : content;
  return { value, source: `file ${path} (${name})` };
}

/** Names under our prefixes that nobody reads, but that are nearly one that is read. */
function misspelt(env: Environment): Problem[] {
  const known = new Set(
    settings.flatMap(({ env, secret }) => (env === null ? [] : secret ? [env, `${env}_FILE`] : [env])),
  );
  const warnings: Problem[] = [];
  for (const name of Object.keys(env)) {
    if (!PREFIXES.test(name) || known.has(name) || FOREIGN.has(name)) continue;
    const near = nearest(name, known);
    // MQTT_USER and MQTT_PASS are further away in letters, yet plainly meant.
    const meant = near !== undefined && near.distance <= SLIP ? near.word : beginning(name, known);
    if (meant !== undefined) warnings.push({ key: name, what: "is not read", mend: `did you mean ${meant}?` });
  }
  return warnings;
}

function beginning(name: string, known: ReadonlySet<string>): string | undefined {
  return name.length < "MQTT_USER".length ? undefined : [...known].find((each) => each.startsWith(name));
}
