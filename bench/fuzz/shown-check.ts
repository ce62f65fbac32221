import { payloadOf } from "../../src/bridge/payload.ts";
import { isPublishable } from "../../src/bridge/topics.ts";
import type { Observation } from "../../src/vehicle/observation.ts";
import { shownReadings } from "../../src/vehicle/shown.ts";
import { compareAge } from "../../src/vehicle/signal.ts";
import type { VehicleState } from "../../src/vehicle/state.ts";
import { must } from "./target.ts";

/** Topics are made of what comes from outside; nothing but these characters may get into them. */
const LEGAL_TOPIC = /^[A-Za-z0-9_-]+(\/[A-Za-z0-9_.-]+)+$/;
const WORDS_OF_NOTHING = new Set(["", "undefined", "[object Object]"]);
/** A car may bear such a name; no number may. */
const NO_NUMBERS = new Set(["NaN", "null", "Infinity", "-Infinity"]);
const LATEST = 8_640_000_000_000_000;

/** What is about to be published. */
export function checkMessage(topic: string, payload: string): void {
  must(LEGAL_TOPIC.test(topic) && isPublishable(topic), `illegal topic ${JSON.stringify(topic.slice(0, 200))}`);
  must(typeof payload === "string", `payload of ${topic} is no text`);
  must(!WORDS_OF_NOTHING.has(payload), `payload of ${topic} is ${JSON.stringify(payload)}`);
  if (!payload.startsWith("{")) return;
  const document: unknown = JSON.parse(payload);
  must(typeof document === "object" && document !== null, `document of ${topic} is none`);
}

/** What the readings of a car are published as. */
export function checkReadings(state: VehicleState): void {
  for (const [name, value] of shownReadings(state, "imperial", () => false)) {
    const payload = payloadOf(value);
    must(payload !== "" && payload !== "undefined", `${name} is published as ${JSON.stringify(payload)}`);
    if (typeof value !== "string") must(!NO_NUMBERS.has(payload), `${name} is published as ${payload}`);
    if (typeof value === "number") must(Number.isFinite(value), `${name} is ${value}`);
  }
}

/** What is held of a car after anything at all came in. */
export function checkState(state: VehicleState): void {
  for (const [code, held] of state.signals) {
    must(held.code === code, `signal ${code} is held as ${held.code}`);
    for (const observation of [held.value, held.complaint, held.refused]) {
      if (observation !== null) checkObservation(observation);
    }
    if (held.value !== null)
      must(held.value.status === "SUCCESS" && held.value.body !== null, `${code} holds no value`);
  }
  for (const [key, problem] of state.problems) {
    must(typeof problem.message === "string" && problem.message !== "", `problem ${key} says nothing`);
    must(problem.url === null || problem.url.startsWith("https://"), `problem ${key} links to ${problem.url}`);
    must(isInstant(problem.since), `problem ${key} is since ${problem.since}`);
  }
  must(state.lastWebhookAt === null || isInstant(state.lastWebhookAt), `last webhook at ${state.lastWebhookAt}`);
}

function checkObservation(observation: Observation): void {
  const { code, status, body, error } = observation;
  must(/^[a-z0-9][a-z0-9_.-]{0,127}$/.test(code), `code ${JSON.stringify(code)}`);
  must(typeof status === "string" && status !== "", `status of ${code}`);
  must(body === null || (typeof body === "object" && !Array.isArray(body)), `body of ${code}`);
  must(error === null || typeof error.type === "string", `error of ${code}`);
  for (const at of [observation.oemUpdatedAt, observation.retrievedAt]) {
    must(at === null || (isInstant(at) && at > 0), `time of ${code}: ${at}`);
  }
  must(isInstant(observation.toldAt) && isInstant(observation.receivedAt), `times of ${code}`);
  must(observation.sequence === null || Number.isSafeInteger(observation.sequence), `sequence of ${code}`);
  must(compareAge(observation, observation) === 0, `${code} is older than itself`);
}

function isInstant(at: number): boolean {
  return Number.isFinite(at) && Math.abs(at) <= LATEST;
}
