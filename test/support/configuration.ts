import { resolve } from "node:path";
import { type LoadResult, loadConfig } from "../../src/config/load.ts";
import { Redactor } from "../../src/lib/redact.ts";

export const FOLDER = "/home/bridge";

/** The two keys without which nothing starts. */
export const REQUIRED = { SMARTCAR_CLIENT_ID: "client_01", SMARTCAR_CLIENT_SECRET: "top-secret-value" };

export interface Given {
  readonly env?: Record<string, string | undefined>;
  /** Text of config/config.yaml. */
  readonly yaml?: string;
  readonly configFile?: string;
  /** Other files by name; an Error is thrown when its file is read. */
  readonly files?: Record<string, string | Error>;
  readonly redactor?: Redactor;
}

/** Loads a configuration from made-up files. */
export function load(given: Given): LoadResult {
  const files = new Map<string, string | Error>();
  if (given.yaml !== undefined) files.set(resolve(FOLDER, "config/config.yaml"), given.yaml);
  for (const [name, content] of Object.entries(given.files ?? {})) files.set(resolve(FOLDER, name), content);
  return loadConfig({
    env: given.env ?? REQUIRED,
    cwd: FOLDER,
    configFile: given.configFile,
    redactor: given.redactor ?? new Redactor(),
    readFile(path) {
      const content = files.get(path) ?? fileError("ENOENT");
      if (content instanceof Error) throw content;
      return content;
    },
  });
}

/** Loads what must be right. */
export function loadWell(given: Given): Extract<LoadResult, { ok: true }> {
  const result = load(given);
  if (!result.ok) throw new Error(`refused: ${result.problems.join(" | ")}`);
  return result;
}

/** The problem lines of what must be wrong. */
export function problemsOf(given: Given): readonly string[] {
  const result = load(given);
  return result.ok ? [] : result.problems;
}

export function fileError(code: string): Error {
  return Object.assign(new Error(code), { code });
}
