import type { JsonObject, JsonValue } from "../lib/json.ts";
import type { Behaviour } from "./behaviour.ts";
import type { Command } from "./command.ts";
import { timerEntry } from "./schedule.ts";
import { type Reading, reading } from "./signal.ts";

/** A car with a fixed set of signals: nothing moves but by script or by command. */
export class StillCar implements Behaviour {
  readonly alive = false;
  readonly reporting = false;
  readonly #readings: Map<string, Reading>;

  constructor(readings: ReadonlyMap<string, Reading>) {
    this.#readings = new Map(readings);
  }

  step(): void {}

  readings(): ReadonlyMap<string, Reading> {
    return this.#readings;
  }

  script(code: string, scripted: Reading | null): void {
    if (scripted === null) this.#readings.delete(code);
    else this.#readings.set(code, scripted);
  }

  apply(command: Command): void {
    for (const [code, body] of Object.entries(effectOf(command, (code) => this.#readings.get(code)?.body ?? null))) {
      // Only what the car reports can show the effect: a car without a lock signal locks in silence.
      if (this.#readings.has(code)) this.#readings.set(code, reading(body));
    }
  }
}

function effectOf(command: Command, read: (code: string) => JsonObject | null): Record<string, JsonObject> {
  switch (command.kind) {
    case "charge-start":
      return charging(true);
    case "charge-stop":
      return charging(false);
    case "charge-set-limit":
      return {
        "charge-chargelimits": {
          values: [{ type: "GLOBAL", limit: command.percent, condition: null }],
          activeLimit: command.percent,
          unit: "percent",
        },
      };
    case "charge-port-open":
      return { "charge-ischargingportflapopen": { value: true } };
    case "charge-port-close":
      return { "charge-ischargingportflapopen": { value: false } };
    case "security-lock":
      return { "closure-islocked": { value: true } };
    case "security-unlock":
      return { "closure-islocked": { value: false } };
    case "navigation-set-destination":
      return {};
    case "schedule-create":
      return { "charge-chargetimers": { values: [...timers(read), timerEntry(command.schedule)] } };
    case "schedule-delete":
      return {
        "charge-chargetimers": { values: timers(read).filter((timer) => scheduleIdOf(timer) !== command.scheduleId) },
      };
  }
}

function charging(on: boolean): Record<string, JsonObject> {
  return {
    "charge-ischarging": { value: on },
    "charge-detailedchargingstatus": { value: on ? "CHARGING" : "NOT_CHARGING" },
  };
}

function timers(read: (code: string) => JsonObject | null): readonly JsonValue[] {
  const values = read("charge-chargetimers")?.["values"];
  return Array.isArray(values) ? (values as readonly JsonValue[]) : [];
}

function scheduleIdOf(timer: JsonValue): JsonValue | undefined {
  return timer !== null && typeof timer === "object" && "scheduleId" in timer ? timer["scheduleId"] : undefined;
}
