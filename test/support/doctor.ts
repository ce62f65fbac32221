import { EventEmitter } from "node:events";
import type { Command } from "../../src/cli/command.ts";
import { doctor } from "../../src/cli/doctor.ts";
import type { Link } from "../../src/doctor/link.ts";
import { systemClock } from "../../src/lib/clock.ts";
import type { Bench } from "./e2e-bench.ts";

export interface Ran {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command of the command line in this process, with the real clock. */
export async function runCommand(
  command: Command,
  options: Readonly<Record<string, string>>,
  env: Readonly<Record<string, string | undefined>>,
  cwd = "/nowhere",
): Promise<Ran> {
  let stdout = "";
  let stderr = "";
  const exitCode = await command.run(options, {
    env,
    cwd,
    version: "0.0.0",
    clock: systemClock,
    random: Math.random,
    interactive: false,
    out: (text) => {
      stdout += text;
    },
    err: (text) => {
      stderr += text;
    },
    process: new EventEmitter(),
    abandon: () => undefined,
  });
  return { exitCode, stdout, stderr };
}

export interface Diagnosis extends Ran {
  readonly links: readonly Link[];
  readonly link: (name: string) => Link;
  /** Names of the links that failed. */
  readonly failed: readonly string[];
}

export async function diagnose(
  env: Readonly<Record<string, string | undefined>>,
  { billed = false } = {},
): Promise<Diagnosis> {
  const ran = await runCommand(doctor, { json: "true", ...(billed ? { billed: "true" } : {}) }, env);
  const { links } = JSON.parse(ran.stdout) as { links: Link[] };
  return {
    ...ran,
    links,
    link: (name) => {
      const found = links.find((link) => link.name === name);
      if (found === undefined) throw new Error(`no link ${name}`);
      return found;
    },
    failed: links.filter(({ status }) => status === "failed").map(({ name }) => name),
  };
}

/** Has car `a` tell something, and waits until it was taken in. The first delivery may come before the car is known. */
export async function delivered({ simulator, program }: Pick<Bench, "simulator" | "program">): Promise<void> {
  simulator.setSignal("vehicle-a", "closure-islocked", { body: { value: true } });
  await program.line(({ msg, acceptance }) => msg === "delivery taken in" && acceptance === "stored");
}

/** The environment of the program that runs on a bench, as somebody beside it would have it. */
export function besides(bench: Bench): Readonly<Record<string, string>> {
  return { ...bench.environment, DATA_DIR: bench.dataDir, HTTP_PORT: new URL(bench.program.privateUrl).port };
}
