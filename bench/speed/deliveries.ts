import { createHmac, randomUUID } from "node:crypto";
import { hours } from "../../src/lib/duration.ts";
import { CREDENTIALS } from "../../test/support/smartcar.ts";

/** The simulator's management token. */
export const KEY = CREDENTIALS.managementToken;

export interface SignedDelivery {
  readonly body: Buffer;
  readonly signature: string;
  /** The odometer it tells (km): rises with every delivery of a car, so that each can be told apart. */
  readonly odometer: number;
}

/**
 * The nth delivery of a car that drives: 5 KB in Smartcar's main form, signed. Of its 22 signals the six that move while
 * driving tell something newer each time; the others stand there again as before, as in every delivery of Smartcar.
 */
export function signedDelivery(
  key: string,
  vehicleId: string,
  n: number,
  /** Signals that stand there besides. */
  also: readonly Signal[] = [],
): SignedDelivery {
  const at = DRIVE_BEGAN + n * BETWEEN_MS;
  const odometer = Math.round((50_000 + n / 10) * 10) / 10;
  const signals = [
    ...[...STANDING, ...also].map((signal) => wireSignal(signal, DRIVE_BEGAN)),
    ...moving(n, odometer).map((signal) => wireSignal(signal, at)),
  ];
  const body = Buffer.from(
    JSON.stringify({
      eventId: randomUUID(),
      eventType: "VEHICLE_STATE",
      data: {
        user: { id: "user-1" },
        vehicle: { id: vehicleId, make: "TEST", model: "Car", year: 2024, powertrainType: "BEV", mode: "live" },
        signals,
      },
      triggers: [{ type: "SIGNAL_UPDATED", signal: { code: SOC, name: "StateOfCharge", group: "TractionBattery" } }],
      meta: {
        version: "4.0",
        deliveryId: randomUUID(),
        deliveredAt: at,
        webhookId: randomUUID(),
        webhookName: "bench",
        mode: "LIVE",
        signalCount: signals.length,
        sequence: at,
      },
    }),
  );
  return { body, signature: createHmac("sha256", key).update(body).digest("hex"), odometer };
}

/** Group, name and body. */
export type Signal = readonly [string, string, object];

const SOC = "tractionbattery-stateofcharge";
/** In the past by more than any bench lasts: a fact from the future would not be one. */
const DRIVE_BEGAN = Date.now() - hours(2);
const BETWEEN_MS = 20;

/** What moves while a car drives. */
function moving(n: number, odometer: number): readonly Signal[] {
  return [
    ["TractionBattery", "StateOfCharge", { value: 80 - (Math.floor(n / 50) % 60), unit: "percent" }],
    ["TractionBattery", "Range", { value: 320 - (Math.floor(n / 10) % 240), unit: "km" }],
    ["Odometer", "TraveledDistance", { value: odometer, unit: "km" }],
    ["Motion", "CurrentSpeed", { value: 50 + (n % 60), unit: "km/h" }],
    ["Location", "PreciseLocation", { latitude: 50 + (n % 1_000) / 10_000, longitude: 8.68, heading: n % 360 }],
    ["Climate", "ExternalTemperature", { value: 20 + (n % 10) / 10, unit: "celsius" }],
  ];
}

const STANDING: readonly Signal[] = [
  ["TractionBattery", "NominalCapacity", { capacity: 77, unit: "kWh", source: "OEM" }],
  ["Charge", "IsCharging", { value: false }],
  ["Charge", "IsChargingCableConnected", { value: false }],
  ["Charge", "Wattage", { value: 0, unit: "watts" }],
  ["Charge", "EnergyAdded", { value: 12.4, unit: "kWh" }],
  ["Charge", "TimeToComplete", { value: 0, unit: "minutes" }],
  ["Charge", "ChargeLimits", { values: [{ type: "GLOBAL", limit: 80, condition: null }], activeLimit: 80 }],
  ["Closure", "IsLocked", { value: true }],
  ["Closure", "FrontTrunk", { isOpen: false }],
  ["Closure", "RearTrunk", { isOpen: false }],
  ["ConnectivityStatus", "IsOnline", { value: true }],
  ["ConnectivityStatus", "IsAsleep", { value: false }],
  ["ConnectivitySoftware", "CurrentFirmwareVersion", { value: "2026.20.4" }],
  ["LowVoltageBattery", "StateOfCharge", { value: 91, unit: "percent" }],
  ["VehicleIdentification", "VIN", { value: "5YJ3E1EA7KF000001" }],
  ["VehicleIdentification", "Nickname", { value: "Bench" }],
];

function wireSignal([group, name, body]: Signal, at: number): object {
  return {
    code: `${group}-${name}`.toLowerCase(),
    name,
    group,
    body,
    status: { value: "SUCCESS" },
    meta: { oemUpdatedAt: at, retrievedAt: at + 5 },
  };
}
