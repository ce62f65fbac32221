import type { Signal } from "./deliveries.ts";

/** With the 22 of a delivery these make 30 signals a car. */
export const EIGHT_MORE: readonly Signal[] = [
  ["Charge", "Voltage", { value: 0, unit: "volts" }],
  ["Charge", "Amperage", { value: 0, unit: "amperes" }],
  ["Climate", "InternalTemperature", { value: 21.5, unit: "celsius" }],
  ["Closure", "EngineCover", { isOpen: false }],
  ["Closure", "Sunroof", { isOpen: false }],
  ["ConnectivityStatus", "IsDigitalKeyPaired", { value: true }],
  ["Charge", "IsFastChargerPresent", { value: false }],
  ["Transmission", "GearState", { value: "PARK" }],
];
