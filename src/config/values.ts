import { isIP } from "node:net";
import * as z from "zod";
import { days, formatDuration, parseDuration } from "../lib/duration.ts";
import { isPlainHttpAllowed, withoutTrailingSlash } from "./addresses.ts";

/** What a leaf of the schema says when a value is refused: what is wrong, and how to mend it. */
export interface Refusal {
  readonly what: string;
  readonly mend: string;
}

/** Builds a value kind from text: `read` gives the parsed value, or why it is refused. */
export function fromText<T>(read: (text: string) => { readonly ok: T } | Refusal) {
  return plainText().transform((text, context): T => {
    const result = read(text);
    if ("ok" in result) return result.ok;
    context.addIssue({ code: "custom", message: result.what, params: { mend: result.mend } });
    return z.NEVER;
  });
}

export function plainText() {
  return z.string({ error: (issue) => (issue.input === undefined ? "is missing" : "must be text") }).trim();
}

/** One of a few words; upper and lower case are the same, as an environment is often written in upper case. */
export function choice<const Words extends readonly [string, ...string[]]>(words: Words) {
  const lowerCased = (value: unknown) => (typeof value === "string" ? value.trim().toLowerCase() : value);
  const word = z.enum(words, { error: () => `must be one of ${words.join(", ")}` });
  return z.preprocess(lowerCased, word);
}

export function flag() {
  return z.boolean({ error: "must be true or false" });
}

export function wholeNumber(limits: { readonly min: number; readonly max?: number }) {
  const max = limits.max ?? Number.MAX_SAFE_INTEGER;
  const range = limits.max === undefined ? `${limits.min} or more` : `from ${limits.min} to ${limits.max}`;
  return z
    .int({ error: "must be a whole number" })
    .min(limits.min, { error: `must be ${range}` })
    .max(max, { error: `must be ${range}` });
}

/** Instants that far ahead can still be written as a date. */
const LONGEST_DURATION_MS = days(366);

export function duration(minMs: number) {
  return fromText((text) => {
    const ms = parseDuration(text);
    if (ms === undefined) return { what: "is no duration", mend: "write a number with its unit: 90s, 15m, 6h, 1d" };
    if (ms < minMs) return { what: "is too short", mend: `use ${formatDuration(minMs)} or more` };
    if (ms > LONGEST_DURATION_MS) return { what: "is too long", mend: "use 366d or less" };
    return { ok: ms };
  });
}

/** One secret or several, newest first. */
export function secrets() {
  const lines = z.union([z.string(), z.array(z.string())], {
    error: (issue) => (issue.input === undefined ? "is missing" : "must be text or a list of texts"),
  });
  return lines.transform((given) => {
    const each = (typeof given === "string" ? [given] : given).map((secret) => secret.trim());
    return [...new Set(each.filter((secret) => secret !== ""))];
  });
}

/** A password is taken exactly as written: blanks at its ends may belong to it. */
export function password() {
  return z.string({ error: "must be text" });
}

/** An http(s) address, kept exactly as written: a redirect address is compared letter by letter. */
export function webAddress(options: { readonly publiclyReachable: boolean }) {
  return fromText((text) => {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (url === undefined || !/^https?:$/.test(url.protocol) || url.hostname === "") {
      return { what: "is no http(s) address", mend: "write it like https://cars.example.org" };
    }
    if (url.username !== "" || url.password !== "") {
      return { what: "carries a user name or password", mend: "take them out of the address" };
    }
    if (url.hash !== "") return { what: "carries a #fragment", mend: "take it out of the address" };
    if (options.publiclyReachable && url.protocol === "http:" && !isPlainHttpAllowed(url)) {
      return { what: "is not HTTPS", mend: "use https:// (plain http only for localhost)" };
    }
    return { ok: text };
  });
}

/** An http(s) base address to which paths are appended: it carries no query and no slash at its end. */
export function baseAddress(options: { readonly publiclyReachable: boolean }) {
  return webAddress(options)
    .refine((href) => !href.includes("?"), {
      error: "carries a ?query",
      params: { mend: "take it out of the address" },
    })
    .transform((href) => withoutTrailingSlash(new URL(href).href));
}

/** A host as it stands in an address: a name or an IP address, with a port unless it is the scheme's own. */
export function host() {
  return fromText((text) => {
    const url = /[/?#@\s]/.test(text) ? null : URL.parse(`https://${text}`);
    if (url === null) return { what: "is no host", mend: "write only the name, like cars.example.org" };
    return { ok: url.host };
  });
}

export function ipAddress() {
  return fromText((text) =>
    isIP(text) === 0 ? { what: "is no IP address", mend: "write it like 192.168.1.5" } : { ok: text },
  );
}

/** A topic, or the beginning of one, that may be published to. */
export function topicPrefix() {
  return fromText((topic) => {
    if (topic === "") return { what: "is empty", mend: "write a topic like smartcar" };
    if (/[+#]/.test(topic)) return { what: "has a wildcard in it", mend: "leave out + and #" };
    if (/^\/|\/$|\/\//.test(topic)) return { what: "has an empty level", mend: "use / only between names" };
    if (topic.startsWith("$")) return { what: "begins with $", mend: "choose another first letter" };
    // biome-ignore lint/suspicious/noControlCharactersInRegex: MQTT forbids exactly these
    if (/[\u0000-\u001f\u007f]/.test(topic)) return { what: "has a control character in it", mend: "take it out" };
    return { ok: topic };
  });
}
