/** One instruction of a Dockerfile, with the lines that continue it joined. */
export interface Instruction {
  readonly name: string;
  readonly rest: string;
}

/** Reads a Dockerfile as far as the tests need it. */
export function instructions(text: string): Instruction[] {
  const joined = text
    .split("\n")
    .filter((line) => !line.trimStart().startsWith("#"))
    .join("\n")
    .replaceAll(/\\\n/g, " ");
  return joined.split("\n").flatMap((line) => {
    const [, name, rest] = /^([A-Z]+)\s+(.*)$/.exec(line.trim()) ?? [];
    return name === undefined || rest === undefined ? [] : [{ name, rest: rest.replaceAll(/\s+/g, " ").trim() }];
  });
}

/** What is copied from the build's context: sources and where they go. Copies from other stages are left out. */
export function copiesFromContext(all: readonly Instruction[]): string[] {
  return all
    .filter(({ name, rest }) => name === "COPY" && !/--from=/.test(rest))
    .flatMap(({ rest }) =>
      rest
        .split(" ")
        .filter((word) => !word.startsWith("--"))
        .slice(0, -1),
    );
}

/** The last value of an instruction that may stand once, such as CMD. */
export function last(all: readonly Instruction[], wanted: string): string | undefined {
  return all.findLast(({ name }) => name === wanted)?.rest;
}

/** Variables that ENV or ARG sets, by name. */
export function assigned(all: readonly Instruction[], wanted: "ENV" | "ARG" | "LABEL"): Map<string, string> {
  const pairs = all
    .filter(({ name }) => name === wanted)
    .flatMap(({ rest }) => [...rest.matchAll(/([\w.]+)(?:=("[^"]*"|\S*))?/g)]);
  return new Map(pairs.map(([, name = "", value = ""]) => [name, value.replaceAll('"', "")]));
}
