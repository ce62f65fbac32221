import type { Random } from "../lib/backoff.ts";
import type { JsonObject } from "../lib/json.ts";
import { Car } from "./car.ts";
import { CAPABILITIES, type Capability } from "./command.ts";
import { LivingCar } from "./living/living-car.ts";
import { MODELS, type ModelName } from "./living/models.ts";
import { randomUuid } from "./random-id.ts";
import { failedReading, type Reading, reading, type SignalError } from "./signal.ts";
import { ALL_PERMISSIONS } from "./signal-names.ts";
import { StillCar } from "./still-car.ts";

const EFFECT_DELAY_MS = 2_000;

/** How to build a car. Everything has a default; `living` gives it a life, else it has just the `signals` given. */
export interface CarOptions {
  readonly living?: ModelName | undefined;
  readonly vehicleId?: string | undefined;
  readonly userId?: string | undefined;
  readonly connectionId?: string | undefined;
  readonly externalId?: string | undefined;
  readonly make?: string | undefined;
  readonly model?: string | undefined;
  readonly year?: number | undefined;
  readonly powertrainType?: string | null | undefined;
  readonly mode?: "live" | "simulated" | undefined;
  readonly permissions?: readonly string[] | undefined;
  /** Commands the car can carry out. */
  readonly capabilities?: readonly Capability[] | undefined;
  /** Bodies by signal code. On a living car they lie over the lived ones. */
  readonly signals?: Readonly<Record<string, JsonObject>> | undefined;
  /** Errors by signal code. */
  readonly signalErrors?: Readonly<Record<string, SignalError>> | undefined;
  /** Hides what was not granted; default true. Recorded signals come as the owner let them be seen. */
  readonly withholds?: boolean | undefined;
  /** How long after an accepted command its effect shows; real time, default 2 s. */
  readonly effectDelayMs?: number | undefined;
}

export function buildCar(options: CarOptions, random: Random, now: number): Car {
  const model = options.living === undefined ? undefined : MODELS[options.living];
  const identity = model?.identity;
  const readings = givenReadings(options);
  const behaviour = model === undefined ? new StillCar(readings) : new LivingCar(model.spec, model.start);
  for (const [code, given] of readings) behaviour.script(code, given);
  const car = new Car(
    {
      vehicleId: options.vehicleId ?? identity?.vehicleId ?? randomUuid(random),
      userId: options.userId ?? identity?.userId ?? randomUuid(random),
      externalId: options.externalId ?? null,
      make: options.make ?? identity?.make ?? "VOLKSWAGEN",
      model: options.model ?? identity?.model ?? "ID.4",
      year: options.year ?? identity?.year ?? 2023,
      powertrainType:
        options.powertrainType === undefined ? (identity?.powertrainType ?? "BEV") : options.powertrainType,
      mode: options.mode ?? "live",
    },
    {
      behaviour,
      capabilities: new Set(options.capabilities ?? model?.spec.capabilities ?? CAPABILITIES),
      effectDelayMs: options.effectDelayMs ?? EFFECT_DELAY_MS,
      withholds: options.withholds ?? true,
      permissions: options.permissions ?? granted(identity?.withheldPermissions ?? []),
      connection: {
        id: options.connectionId ?? identity?.connectionId ?? randomUuid(random),
        createdAt: now,
        updatedAt: now,
      },
    },
  );
  car.report(now);
  return car;
}

function granted(withheld: readonly string[]): string[] {
  return ALL_PERMISSIONS.filter((permission) => !withheld.includes(permission));
}

function givenReadings({ signals = {}, signalErrors = {} }: CarOptions): Map<string, Reading> {
  return new Map<string, Reading>([
    ...Object.entries(signals).map(([code, body]): [string, Reading] => [code, reading(body)]),
    ...Object.entries(signalErrors).map(([code, { type, code: errorCode }]): [string, Reading] => [
      code,
      failedReading(type, errorCode),
    ]),
  ]);
}
