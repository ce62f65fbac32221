import type { SignalCode } from "./ids.ts";

/** No official table exists: Smartcar derives permissions from the chosen signals. A hint, never more. */
const PERMISSIONS: readonly (readonly [RegExp, string])[] = [
  [/^(tractionbattery|lowvoltagebattery)-/, "read_battery"],
  [/^charge-chargerecords$/, "read_charge_records"],
  [/^charge-/, "read_charge"],
  [/^closure-/, "read_security"],
  [/^climate-/, "read_thermometer"],
  [/^hvac-/, "read_climate"],
  [/^diagnostics-/, "read_diagnostics"],
  [/^internalcombustionengine-oillife$/, "read_engine_oil"],
  [/^internalcombustionengine-/, "read_fuel"],
  [/^location-/, "read_location"],
  [/^motion-/, "read_speedometer"],
  [/^odometer-/, "read_odometer"],
  [/^service-/, "read_service_history"],
  [/^wheel-tires$/, "read_tires"],
  [/^vehicleidentification-vin$/, "read_vin"],
];

/** The permission that a signal probably needs; undefined where there is not even a good guess. */
export function probablePermission(code: SignalCode): string | undefined {
  return PERMISSIONS.find(([pattern]) => pattern.test(code))?.[1];
}
