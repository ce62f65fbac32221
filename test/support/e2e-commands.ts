import { randomUUID } from "node:crypto";
import type { CommandResult } from "../../src/commands/execution.ts";
import type { JsonValue } from "../../src/lib/json.ts";
import type { Bench } from "./e2e-bench.ts";

/** Every result of one request so far, oldest first. */
export function resultsOf({ seen }: Bench, id: string): CommandResult[] {
  return seen.messages
    .filter(({ topic, payload }) => topic.endsWith("/result") && payload.includes(JSON.stringify(id)))
    .map(({ payload }) => JSON.parse(payload) as CommandResult)
    .filter((result) => result.id === id);
}

/** Gives a command to the car `test-<car>`, with an id of its own unless one is given; the id is returned. */
export async function give(
  { seen }: Bench,
  car: string,
  command: string,
  value: JsonValue,
  extra: { id?: string; at?: string } = {},
): Promise<string> {
  const id = extra.id ?? randomUUID();
  await seen.publish(`smartcar/test-${car}/${command}/set`, JSON.stringify({ value, ...extra, id }));
  return id;
}

/** Resolves with the result number `count` of a request. */
export async function resultOf(bench: Bench, id: string, count = 1): Promise<CommandResult> {
  await bench.seen.untilAll(() => resultsOf(bench, id).length >= count);
  const result = resultsOf(bench, id)[count - 1];
  if (result === undefined) throw new Error("there is no such result");
  return result;
}

/** Gives a command and waits for its first result. */
export async function command(
  bench: Bench,
  car: string,
  name: string,
  value: JsonValue,
  extra: { id?: string; at?: string } = {},
): Promise<CommandResult> {
  return await resultOf(bench, await give(bench, car, name, value, extra));
}
