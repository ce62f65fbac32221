import { AppError } from "../lib/errors.ts";

/** One thing wrong with the configuration, said in one line. */
export interface Problem {
  readonly key: string;
  readonly what: string;
  /** What was found, already safe to show; absent when nothing was. */
  readonly got?: string | undefined;
  readonly mend: string;
}

export function problemLine(problem: Problem): string {
  const got = problem.got === undefined ? "" : ` (got ${problem.got})`;
  const line = `${problem.key}: ${problem.what}${got}, ${problem.mend}`;
  // One line each is promised, whatever was written into the file.
  return line.replace(/\s+/g, " ");
}

/** For callers that would rather throw than look at a result. */
export class ConfigError extends AppError {
  override readonly name = "ConfigError";
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super("CONFIG_INVALID", `the configuration is wrong: ${problems.join("; ")}`, {
      disposition: "fix-config",
      hint: "Mend the listed keys; smartcar2mqtt check-config shows the result.",
    });
    this.problems = problems;
  }
}
