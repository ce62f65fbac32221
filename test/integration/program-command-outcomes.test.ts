import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { FaultInput } from "../../src/simulator/fault.ts";
import { hasMosquitto } from "../support/brokers.ts";
import { type Bench, startBench, stillCar } from "../support/e2e-bench.ts";
import { command, resultOf } from "../support/e2e-commands.ts";

type Answer = FaultInput extends infer Fault ? (Fault extends FaultInput ? Omit<Fault, "path"> : never) : never;

interface Case {
  readonly title: string;
  readonly answer: Answer;
  readonly status: "succeeded" | "failed" | "unknown";
  readonly code?: string | null;
  /** How often the command reached Smartcar; default 1. */
  readonly sent?: number;
  /** What becomes of the next command; default `succeeded`. */
  readonly next?: "rejected";
  /** Whether it took effect, so that a second result confirms it; default as `succeeded`. */
  readonly done?: boolean;
}

const CASES: readonly Case[] = [
  { title: "409", answer: { kind: "error", status: 409 }, status: "failed", code: "ASLEEP" },
  {
    title: "409 in the flat form",
    answer: { kind: "error", status: 409, form: "flat" },
    status: "failed",
    code: "ASLEEP",
  },
  { title: "429", answer: { kind: "error", status: 429, retryAfter: 1 }, status: "failed", code: "VEHICLE" },
  {
    title: "430",
    answer: { kind: "error", status: 430 },
    status: "failed",
    code: "VEHICLE_REQUEST_LIMIT",
    next: "rejected",
  },
  { title: "501", answer: { kind: "error", status: 501 }, status: "failed", code: "VEHICLE_NOT_CAPABLE" },
  { title: "500 with an error object", answer: { kind: "error", status: 500 }, status: "failed", code: "INTERNAL" },
  { title: "503 with an error object", answer: { kind: "error", status: 503 }, status: "unknown" },
  {
    title: "503, done all the same",
    answer: { kind: "error", status: 503, executed: true },
    status: "unknown",
    done: true,
  },
  { title: "a page in place of an answer", answer: { kind: "html" }, status: "unknown" },
  { title: "half an answer", answer: { kind: "malformed" }, status: "unknown", done: true },
  { title: "an answer cut short", answer: { kind: "truncated" }, status: "unknown", done: true },
  { title: "a dropped connection", answer: { kind: "drop" }, status: "unknown" },
  { title: "a dropped connection, done", answer: { kind: "drop", executed: true }, status: "unknown", done: true },
  { title: "one 401", answer: { kind: "error", status: 401 }, status: "succeeded", sent: 2 },
  { title: "a 401 that stays", answer: { kind: "error", status: 401, times: 2 }, status: "failed", sent: 2 },
  { title: "a 202 that succeeds later", answer: { kind: "stream", bodyAfterMs: 100 }, status: "succeeded" },
  {
    title: "a 202 that fails later",
    answer: { kind: "stream", bodyAfterMs: 100, outcome: "error", status: 409 },
    status: "failed",
    code: "ASLEEP",
  },
  {
    title: "a 202 that is cut",
    answer: { kind: "stream", bodyAfterMs: 100, outcome: "drop" },
    status: "unknown",
    done: true,
  },
  {
    title: "a 202 with half an outcome",
    answer: { kind: "stream", outcome: "malformed" },
    status: "unknown",
    done: true,
  },
];

describe.skipIf(!hasMosquitto())("what becomes of a command that Smartcar answers with", () => {
  let bench: Bench;
  beforeAll(async () => {
    // A car of its own for each case: none has to do with another.
    bench = await startBench({ cars: CASES.map((_, index) => stillCar(String(index))) });
    await bench.shown();
  });
  afterAll(() => bench?.close());

  it.each(CASES.map((each, index) => ({ ...each, car: String(index) })))(
    "$title: $status",
    async ({ answer, car, status, code, sent = 1, done = status === "succeeded", next = "succeeded" }) => {
      const { simulator } = bench;
      simulator.addFault({ ...answer, path: `/v3/vehicles/vehicle-${car}/commands/charge/**` });
      const result = await command(bench, car, "charge_limit", 80);
      expect(result).toMatchObject({ command: "charge_limit", value: 80, status, confirmed: false });
      expect(result.error === null).toBe(status === "succeeded");
      if (code !== undefined) expect(result.error?.code).toBe(code);
      expect(result.error?.message).not.toBe("");
      expect(Date.parse(result.requested_at)).toBeLessThanOrEqual(Date.parse(result.sent_at ?? ""));
      expect(Date.parse(result.sent_at ?? "")).toBeLessThanOrEqual(Date.parse(result.completed_at));
      if (done) expect(await resultOf(bench, result.id, 2)).toEqual({ ...result, confirmed: true });
      // Whatever it was, the next command is carried out unless no call is left, and none before it is repeated.
      expect(await command(bench, car, "lock", "LOCK")).toMatchObject({ status: next });
      expect(bench.requests(`vehicle-${car}`, "commands/charge/")).toHaveLength(sent);
      const limit = bench.seen.current().get(`smartcar/test-${car}/charge_limit`);
      expect(limit).toBe(done ? "80" : "90");
    },
  );

  it("never sends again what the car cannot do", async () => {
    const car = String(CASES.findIndex(({ title }) => title === "501"));
    bench.simulator.addFault({
      kind: "error",
      status: 501,
      path: `/v3/vehicles/vehicle-${car}/commands/navigation/**`,
    });
    const place = { latitude: 50.1, longitude: 8.6 };
    expect(await command(bench, car, "destination", place)).toMatchObject({ status: "failed", calls: 1 });
    const again = await command(bench, car, "destination", place);
    expect(again).toMatchObject({ status: "rejected", calls: 0, sent_at: null, error: { code: "NOT_CAPABLE" } });
    expect(bench.requests(`vehicle-${car}`, "commands/navigation/")).toHaveLength(1);
  });
});
