import { resolve } from "node:path";
import { systemCode } from "../lib/errors.ts";
import type { MutableKnown } from "./parse.ts";
import type { Finding } from "./rules.ts";

/** Fills in the defaults that depend on other keys. */
export function deriveDefaults(known: MutableKnown, sources: Map<string, string>): void {
  const { http, smartcar } = known;
  if (http?.host !== undefined && sources.get("http.public_host") === "not set") {
    http.public_host = http.host;
    sources.set("http.public_host", "default (http.host)");
  }
  if (smartcar !== undefined && http?.public_url !== undefined && sources.get("smartcar.redirect_uri") === "not set") {
    smartcar.redirect_uri = `${http.public_url}/connect/callback`;
    sources.set("smartcar.redirect_uri", "default (http.public_url)");
  }
}

/**
 * Makes file names absolute, so that nothing later depends on the working folder, and tries to read those that must
 * be there: a mistyped name is a configuration error, not a broker that cannot be reached.
 */
export function resolvePaths(known: MutableKnown, cwd: string, readFile: (path: string) => string): Finding[] {
  if (known.data_dir !== undefined) known.data_dir = resolve(cwd, known.data_dir);
  const { mqtt } = known;
  if (mqtt === undefined) return [];
  const findings: Finding[] = [];
  for (const key of ["ca_file", "cert_file", "key_file"] as const) {
    const path = mqtt[key];
    if (path === undefined) continue;
    mqtt[key] = resolve(cwd, path);
    try {
      readFile(path);
    } catch (error) {
      const what = `the file ${path} cannot be read (${systemCode(error) ?? "unknown error"})`;
      findings.push({ key: `mqtt.${key}`, what, mend: "name a file that this user may read" });
    }
  }
  return findings;
}
