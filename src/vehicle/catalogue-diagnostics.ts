import { listAt, numberAt, oneOf } from "./body-readers.ts";
import { count, flag, list, type SignalSpec, signal } from "./catalogue-row.ts";

/** Name at Smartcar, our name, label. All of them are `OK` or `ALERT`. */
const HEALTH: readonly (readonly [name: string, reading: string, label: string])[] = [
  ["ABS", "abs", "ABS"],
  ["ActiveSafety", "active_safety", "Active safety"],
  ["Airbag", "airbag", "Airbag"],
  ["BrakeFluid", "brake_fluid", "Brake fluid"],
  ["DriverAssistance", "driver_assistance", "Driver assistance"],
  ["Emissions", "emissions", "Emissions"],
  ["EVBatteryConditioning", "ev_battery_conditioning", "Battery conditioning"],
  ["EVCharging", "ev_charging", "Charging system"],
  ["EVDriveUnit", "ev_drive_unit", "Drive unit"],
  ["EVHVBattery", "ev_hv_battery", "High-voltage battery"],
  ["Lighting", "lighting", "Lighting"],
  ["MIL", "malfunction_indicator_lamp", "Malfunction indicator lamp"],
  ["OilLife", "oil_life", "Oil life"],
  ["OilPressure", "oil_pressure", "Oil pressure"],
  ["OilTemperature", "oil_temperature", "Oil temperature"],
  ["Telematics", "telematics", "Telematics"],
  ["TirePressure", "tire_pressure", "Tire pressure"],
  ["TirePressureMonitoring", "tire_pressure_monitoring", "Tire pressure monitoring"],
  ["Transmission", "transmission", "Transmission"],
  ["WasherFluid", "washer_fluid", "Washer fluid"],
  ["WaterInFuel", "water_in_fuel", "Water in fuel"],
];

export const DIAGNOSTIC_SIGNALS: readonly SignalSpec[] = [
  ...HEALTH.map(([name, reading, label]) =>
    signal(
      "Diagnostics",
      name,
      flag(reading, label, oneOf("status", ["OK", "ALERT"]), {
        deviceClass: "problem",
        words: { on: "ALERT", off: "OK" },
        diagnostic: true,
        disabled: true,
      }),
    ),
  ),
  signal(
    "Diagnostics",
    "DTCCount",
    count("dtc_count", "Trouble codes", numberAt("value"), {
      diagnostic: true,
      disabled: true,
      icon: "mdi:engine-outline",
    }),
  ),
  signal(
    "Diagnostics",
    "DTCList",
    list("dtc_list", "Trouble code list", listAt("values"), { list: "entries", icon: "mdi:engine-outline" }),
  ),
];
