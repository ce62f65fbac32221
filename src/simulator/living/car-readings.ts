import type { JsonObject } from "../../lib/json.ts";
import { timerEntry } from "../schedule.ts";
import { failedReading, NOT_CAPABLE, type Reading, reading, UNDATED } from "../signal.ts";
import type { BatterySpec, CarSpec, TankSpec } from "./car-spec.ts";
import {
  type CarState,
  chargePowerKw,
  chargeShare,
  isAsleep,
  isCharging,
  isFull,
  outsideCelsius,
  positionOf,
  speedKmh,
} from "./car-state.ts";

const MAINS_VOLTS = 230;
const PETROL_RESERVE_SHARE = 0.95;

type Bodies = Record<string, JsonObject>;

/** Everything the car reports at this moment, rounded as cars round. */
export function readingsOf(spec: CarSpec, state: CarState): Map<string, Reading> {
  const readings = new Map<string, Reading>();
  const bodies: Bodies = {
    ...spec.constants,
    ...bodyOfAnyCar(spec, state),
    ...(spec.battery === null ? {} : batteryBodies(spec, spec.battery, state)),
    ...(spec.tank === null ? {} : tankBodies(spec.tank, state)),
  };
  for (const [code, body] of Object.entries(bodies)) {
    readings.set(code, reading(body, spec.undated.includes(code) ? UNDATED : null));
  }
  if (spec.battery !== null) {
    for (const [code, sessionReading] of chargingSession(spec, spec.battery, state)) readings.set(code, sessionReading);
  }
  for (const code of spec.incapableOf) readings.set(code, NOT_CAPABLE);
  return readings;
}

function bodyOfAnyCar(spec: CarSpec, state: CarState): Bodies {
  const { latitude, longitude, heading } = positionOf(spec, state);
  const driving = state.activity === "driving";
  const doorOpen = state.activity === "leaving" || state.activity === "arriving";
  return {
    "odometer-traveleddistance": { value: round(state.odometerKm, 1), unit: "km" },
    "motion-currentspeed": { value: round(speedKmh(spec, state), 0), unit: "kph" },
    "transmission-gearstate": { value: driving ? "DRIVE" : "PARK" },
    "location-preciselocation": {
      latitude: round(latitude, 5),
      longitude: round(longitude, 5),
      heading: round(heading, 0),
      locationType: driving ? "CURRENT" : "LAST_PARKED",
    },
    "location-isathome": { value: state.place === "home" && !driving },
    "closure-islocked": { value: state.locked },
    "closure-doors": grid((row, column) => ({
      isOpen: doorOpen && row === 0 && column === 0,
      isLocked: state.locked,
    })),
    "closure-windows": grid(() => ({ isOpen: false })),
    "closure-enginecover": { isOpen: false },
    "closure-fronttrunk": { isOpen: false, isLocked: null },
    "closure-reartrunk": { isOpen: false, isLocked: state.locked },
    "closure-sunroof": { isOpen: null },
    "connectivitystatus-isasleep": { value: isAsleep(spec, state) },
    "connectivitystatus-isonline": { value: true },
    "climate-externaltemperature": { value: roundToHalf(outsideCelsius(state)), unit: "celsius" },
    "climate-internaltemperature": { value: roundToHalf(state.cabinCelsius), unit: "celsius" },
    "hvac-iscabinhvacactive": { value: state.activity !== "parked" },
    "wheel-tires": { ...grid((row) => ({ tirePressure: tyreKpa(state, row) })), unit: spec.tyreUnit },
  };
}

function batteryBodies(spec: CarSpec, battery: BatterySpec, state: CarState): Bodies {
  const rangeKm = (state.batteryKwh / battery.kwhPer100Km) * 100;
  return {
    "tractionbattery-stateofcharge": { value: round(chargeShare(spec, state) * 100, 1), unit: "percent" },
    "tractionbattery-range": { value: round(rangeKm, 0), type: "DEFAULT", additionalValues: [], unit: "km" },
    "tractionbattery-nominalcapacity": {
      capacity: battery.capacityKwh,
      source: "SMARTCAR",
      availableCapacities: [{ capacity: battery.capacityKwh, description: null }],
      unit: "kWh",
    },
    "tractionbattery-isheateractive": { value: state.activity === "driving" && outsideCelsius(state) < 6 },
    "charge-ischarging": { value: isCharging(spec, state) },
    "charge-detailedchargingstatus": { value: chargingStatus(spec, state) },
    "charge-ischargingcableconnected": { value: state.pluggedIn },
    "charge-ischargingcablelatched": { value: state.pluggedIn && state.locked },
    "charge-ischargingportflapopen": { value: state.portOpen },
    "charge-isfastchargerpresent": { value: false },
    "charge-energyadded": { value: round(state.energyAddedKwh, 1), unit: "kWh" },
    "charge-chargelimits": {
      values: [{ type: "GLOBAL", limit: state.limitPercent, condition: null }],
      activeLimit: state.limitPercent,
      unit: "percent",
    },
    "charge-chargetimers": { values: state.schedules.map(timerEntry) },
    "charge-amperagemax": {
      value: round((battery.chargeKw * 1_000) / battery.phases / MAINS_VOLTS, 0),
      unit: "ampere",
    },
    "charge-chargerphases": { value: battery.phases },
  };
}

/** What exists only during a charging session; between sessions these are errors, not zeros. */
function chargingSession(spec: CarSpec, battery: BatterySpec, state: CarState): [string, Reading][] {
  const powerKw = chargePowerKw(spec, state);
  const wattage = { value: round(powerKw * 1_000, 0), unit: "watts" };
  if (!isCharging(spec, state)) {
    const stopped = failedReading("VEHICLE_STATE", "NOT_CHARGING");
    return [
      ["charge-chargerate", stopped],
      ["charge-timetocomplete", stopped],
      // Left behind on purpose: real cars keep the last body beside the error, and it must not be taken for news.
      ["charge-wattage", failedReading("VEHICLE_STATE", "NOT_CHARGING", wattage)],
      ["charge-amperage", reading({ value: 0, unit: "ampere" })],
      ["charge-voltage", reading({ value: state.pluggedIn ? MAINS_VOLTS : 0, unit: "volts" })],
    ];
  }
  const missingKwh = (battery.capacityKwh * state.limitPercent) / 100 - state.batteryKwh;
  return [
    ["charge-chargerate", reading({ value: round((powerKw / battery.kwhPer100Km) * 100, 0), unit: "km/h" })],
    ["charge-timetocomplete", reading({ value: Math.ceil((missingKwh / powerKw) * 60) })],
    ["charge-wattage", reading(wattage)],
    ["charge-amperage", reading({ value: round((powerKw * 1_000) / battery.phases / MAINS_VOLTS, 0), unit: "ampere" })],
    ["charge-voltage", reading({ value: MAINS_VOLTS, unit: "volts" })],
  ];
}

function tankBodies(tank: TankSpec, state: CarState): Bodies {
  const share = state.fuelLitres / tank.litres;
  const rangeKm = ((state.fuelLitres * PETROL_RESERVE_SHARE) / tank.litresPer100Km) * 100;
  return {
    "internalcombustionengine-fuellevel": { value: round(share * 100, 0), unit: "percent" },
    "internalcombustionengine-amountremaining": { value: round(state.fuelLitres, 1), unit: "liters" },
    "internalcombustionengine-range": { value: round(rangeKm, 0), unit: "km" },
  };
}

function chargingStatus(spec: CarSpec, state: CarState): string {
  if (isCharging(spec, state)) return "CHARGING";
  return state.pluggedIn && isFull(spec, state) ? "FULLY_CHARGED" : "NOT_CHARGING";
}

/** Warm tyres stand higher: a few kPa with the weather, some more on the road. */
function tyreKpa(state: CarState, row: number): number {
  const warmth = (outsideCelsius(state) - 11) * 0.8 + (state.activity === "driving" ? 8 : 0);
  return round(250 + row * 10 + warmth, 0);
}

function grid(cell: (row: number, column: number) => JsonObject): JsonObject {
  const values = [0, 1].flatMap((row) => [0, 1].map((column) => ({ row, column, ...cell(row, column) })));
  return { values, rowCount: 2, columnCount: 2 };
}

function round(value: number, digits: number): number {
  const factor = 10 ** digits;
  return Math.round(value * factor) / factor;
}

function roundToHalf(value: number): number {
  return Math.round(value * 2) / 2;
}
