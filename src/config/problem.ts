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
