import type { CarSpec, Departure, Place } from "./car-spec.ts";
import { type CarState, chargePowerKw, isCharging, minuteOfWeek, outsideCelsius, speedKmh } from "./car-state.ts";
import { routeLengthKm } from "./route.ts";

const SLICE_MS = 15_000;
const HOUR_MS = 3_600_000;
const DOOR_MS = 60_000;
const WALL_TO_BATTERY = 0.92;
const CABIN_TARGET_CELSIUS = 21;
/** A hybrid keeps this much back and drives on with fuel. */
const HYBRID_RESERVE = 0.08;
const REFUEL_BELOW = 0.15;

/** The car's life, `elapsedMs` of its own world's time further on. */
export function liveOn(spec: CarSpec, state: CarState, elapsedMs: number): CarState {
  let now = state;
  // Cut into slices so that a day in one leap comes out like a day in small steps.
  for (let leftMs = elapsedMs; leftMs > 0; leftMs -= SLICE_MS) now = slice(spec, now, Math.min(leftMs, SLICE_MS));
  return now;
}

function slice(spec: CarSpec, before: CarState, ms: number): CarState {
  const timed = {
    ...before,
    worldMs: before.worldMs + ms,
    activityMs: before.activityMs + ms,
    idleMs: before.idleMs + ms,
  };
  return breathe(charge(spec, act(spec, timed, ms), ms), ms);
}

function act(spec: CarSpec, state: CarState, ms: number): CarState {
  switch (state.activity) {
    case "parked":
      return isDeparting(spec, state, ms) ? begin(unplugged(state), "leaving") : state;
    case "leaving":
      return state.activityMs < DOOR_MS
        ? state
        : begin({ ...refuelled(spec, state), tripKm: 0, locked: true }, "driving");
    case "driving":
      return drive(spec, state, ms);
    case "arriving":
      return state.activityMs < DOOR_MS ? state : park(spec, state);
  }
}

function begin(state: CarState, activity: CarState["activity"]): CarState {
  const doorOpens = activity === "leaving" || activity === "arriving";
  return { ...state, activity, activityMs: 0, idleMs: 0, locked: doorOpens ? false : state.locked };
}

function unplugged(state: CarState): CarState {
  return { ...state, pluggedIn: false, portOpen: false, chargeWish: "schedule" };
}

function park(spec: CarSpec, state: CarState): CarState {
  const plugsIn = spec.battery !== null && state.place === "home";
  return {
    ...begin(state, "parked"),
    locked: true,
    pluggedIn: plugsIn,
    portOpen: plugsIn,
    energyAddedKwh: plugsIn ? 0 : state.energyAddedKwh,
  };
}

function drive(spec: CarSpec, state: CarState, ms: number): CarState {
  const leftKm = routeLengthKm(spec.route) - state.tripKm;
  const km = Math.min(leftKm, (speedKmh(spec, state) * ms) / HOUR_MS);
  const driven = {
    ...consume(spec, state, km),
    tripKm: state.tripKm + km,
    odometerKm: state.odometerKm + km,
    idleMs: 0,
  };
  if (km < leftKm) return driven;
  return { ...begin(driven, "arriving"), place: otherPlace(state.place), tripKm: 0 };
}

function consume(spec: CarSpec, state: CarState, km: number): CarState {
  const { battery, tank } = spec;
  const reserveKwh = battery !== null && tank !== null ? battery.capacityKwh * HYBRID_RESERVE : 0;
  const wantedKwh = battery === null ? 0 : (battery.kwhPer100Km * km) / 100;
  const usedKwh = Math.min(wantedKwh, Math.max(0, state.batteryKwh - reserveKwh));
  const fuelShare = wantedKwh > 0 ? 1 - usedKwh / wantedKwh : 1;
  const usedLitres = tank === null ? 0 : ((tank.litresPer100Km * km) / 100) * fuelShare;
  return {
    ...state,
    batteryKwh: state.batteryKwh - usedKwh,
    fuelLitres: Math.max(0, state.fuelLitres - usedLitres),
  };
}

function charge(spec: CarSpec, state: CarState, ms: number): CarState {
  if (spec.battery === null || !isCharging(spec, state)) return state;
  const limitKwh = (spec.battery.capacityKwh * state.limitPercent) / 100;
  const gainKwh = (chargePowerKw(spec, state) * WALL_TO_BATTERY * ms) / HOUR_MS;
  const addedKwh = Math.min(gainKwh, limitKwh - state.batteryKwh);
  return {
    ...state,
    batteryKwh: state.batteryKwh + addedKwh,
    energyAddedKwh: state.energyAddedKwh + addedKwh,
    idleMs: 0,
  };
}

/** The cabin follows the air conditioning while someone sits in it, and the weather when nobody does. */
function breathe(state: CarState, ms: number): CarState {
  const occupied = state.activity !== "parked";
  const target = occupied ? CABIN_TARGET_CELSIUS : outsideCelsius(state);
  const share = 1 - Math.exp(-ms / (occupied ? HOUR_MS / 6 : 2 * HOUR_MS));
  return { ...state, cabinCelsius: state.cabinCelsius + (target - state.cabinCelsius) * share };
}

function isDeparting(spec: CarSpec, state: CarState, ms: number): boolean {
  const minute = minuteOfWeek(state);
  const isWorkday = minute < 5 * 1_440;
  const nowMin = minute % 1_440;
  const agoMin = ms / 60_000;
  const due = ({ from, on, atMin }: Departure) =>
    from === state.place && (on === "workday") === isWorkday && atMin <= nowMin && atMin > nowMin - agoMin;
  return spec.timetable.some(due) && reachesTheOtherPlace(spec, state);
}

/** A battery car that cannot get there stays and charges; with a tank there is always a filling station. */
function reachesTheOtherPlace({ battery, tank, route }: CarSpec, state: CarState): boolean {
  if (battery === null || tank !== null) return true;
  return state.batteryKwh > ((battery.kwhPer100Km * routeLengthKm(route)) / 100) * 1.2;
}

function refuelled({ tank }: CarSpec, state: CarState): CarState {
  if (tank === null || state.fuelLitres >= tank.litres * REFUEL_BELOW) return state;
  return { ...state, fuelLitres: tank.litres };
}

function otherPlace(place: Place): Place {
  return place === "home" ? "away" : "home";
}
