import type { Capability } from "../command.ts";
import type { CarSpec } from "./car-spec.ts";
import type { CarState } from "./car-state.ts";

export type ModelName = "battery" | "hybrid" | "petrol";

export interface CarIdentity {
  readonly vehicleId: string;
  readonly userId: string;
  readonly connectionId: string;
  readonly make: string;
  readonly model: string;
  readonly year: number;
  readonly powertrainType: string;
  readonly withheldPermissions: readonly string[];
}

export interface CarModel {
  readonly identity: CarIdentity;
  readonly spec: CarSpec;
  readonly start: CarState;
}

/** The worlds begin on a Monday evening: one car charges, one is about to drive home, one stands and will leave early. */
const MONDAY_EVENING_MS = (18 * 60 + 40) * 60_000;

const parked: Omit<CarState, "odometerKm" | "batteryKwh" | "fuelLitres" | "limitPercent"> = {
  worldMs: MONDAY_EVENING_MS,
  activity: "parked",
  activityMs: 0,
  place: "home",
  tripKm: 0,
  pluggedIn: false,
  portOpen: false,
  chargeWish: "schedule",
  energyAddedKwh: 0,
  locked: true,
  idleMs: 0,
  cabinCelsius: 16,
  schedules: [],
};

const diagnostics = {
  "diagnostics-abs": { status: "OK", description: null },
  "diagnostics-airbag": { status: "OK", description: null },
  "diagnostics-mil": { status: "OK", description: null },
  "diagnostics-tirepressure": { status: "OK", description: null },
  "diagnostics-dtccount": { value: 0, unit: "count" },
};

const HOME = { latitude: 50.1109, longitude: 8.6821 };
const USER_ID = "5f0c1e5a-7d4b-4c55-a1de-000000000001";

const anyCarCan: readonly Capability[] = ["security", "navigation"];

const battery: CarModel = {
  identity: {
    vehicleId: "2b7a6c1e-0d3f-4e5b-a111-000000000001",
    userId: USER_ID,
    connectionId: "9c1f4a30-55aa-4b1c-a222-000000000001",
    make: "VOLKSWAGEN",
    model: "ID.4",
    year: 2023,
    powertrainType: "BEV",
    withheldPermissions: ["read_charge_records", "read_user_profile"],
  },
  spec: {
    battery: { capacityKwh: 77, kwhPer100Km: 18, chargeKw: 11, phases: 3 },
    tank: null,
    route: [
      HOME,
      { latitude: 50.1203, longitude: 8.6402 },
      { latitude: 50.1011, longitude: 8.5423 },
      { latitude: 50.0796, longitude: 8.4478 },
    ],
    cruiseKmh: 72,
    timetable: [
      { from: "home", on: "workday", atMin: 7 * 60 + 30 },
      { from: "away", on: "workday", atMin: 17 * 60 },
      { from: "home", on: "weekend", atMin: 10 * 60 + 15 },
      { from: "away", on: "weekend", atMin: 13 * 60 },
    ],
    constants: {
      ...diagnostics,
      "diagnostics-evhvbattery": { status: "OK", description: null },
      "diagnostics-evcharging": { status: "OK", description: null },
      "charge-chargingconnectortype": { value: "IEC_62196_2" },
      "charge-chargerecords": { values: [] },
      "closure-tailgate": { isOpen: false, isLocked: true },
      "connectivitysoftware-currentfirmwareversion": { value: "4.2.13" },
      "connectivitystatus-isdigitalkeypaired": { value: false },
      "hvac-cabintargettemperature": { value: 21, unit: "celsius" },
      "lowvoltagebattery-stateofcharge": { value: 82, unit: "percent" },
      "lowvoltagebattery-status": { value: "GOOD" },
      "transmission-drivemode": { canonical: "ECONOMY", oemDisplayName: "Eco" },
      "vehicleidentification-exteriorcolor": { value: "Moonstone Grey" },
      "vehicleidentification-nickname": { value: "Family car" },
      "vehicleidentification-trim": { value: "Pro Performance" },
      "vehicleidentification-vin": { value: "WVGZZZE2ZPP000001" },
      "vehicleuseraccount-role": { value: "primary" },
      "wheel-style": { value: "Hamar 19" },
    },
    undated: ["vehicleidentification-vin", "vehicleidentification-exteriorcolor", "tractionbattery-nominalcapacity"],
    incapableOf: [
      "charge-chargeportstatuscolor",
      "charge-fastchargertype",
      "internalcombustionengine-amountremaining",
      "internalcombustionengine-fuellevel",
      "internalcombustionengine-oillife",
      "internalcombustionengine-range",
      "surveillance-brand",
      "surveillance-isenabled",
      "tractionbattery-estimatedrange",
      "tractionbattery-idealrange",
      "tractionbattery-ratedrange",
    ],
    tyreUnit: "kpa",
    capabilities: [...anyCarCan, "charge", "charge_limit", "charge_port"],
  },
  start: {
    ...parked,
    odometerKm: 42_506.3,
    batteryKwh: 77 * 0.55,
    fuelLitres: 0,
    limitPercent: 80,
    pluggedIn: true,
    portOpen: true,
    energyAddedKwh: 3.8,
  },
};

const hybrid: CarModel = {
  identity: {
    vehicleId: "2b7a6c1e-0d3f-4e5b-a111-000000000002",
    userId: USER_ID,
    connectionId: "9c1f4a30-55aa-4b1c-a222-000000000002",
    make: "VOLVO",
    model: "XC60",
    year: 2022,
    powertrainType: "PHEV",
    withheldPermissions: ["read_service_history", "read_user_profile"],
  },
  spec: {
    battery: { capacityKwh: 18.8, kwhPer100Km: 24, chargeKw: 3.6, phases: 1 },
    tank: { litres: 71, litresPer100Km: 7.4 },
    route: [
      HOME,
      { latitude: 50.1388, longitude: 8.7165 },
      { latitude: 50.1712, longitude: 8.8302 },
      { latitude: 50.2051, longitude: 8.9187 },
    ],
    cruiseKmh: 84,
    timetable: [
      { from: "home", on: "workday", atMin: 8 * 60 + 5 },
      { from: "away", on: "workday", atMin: 18 * 60 + 45 },
    ],
    constants: {
      ...diagnostics,
      "diagnostics-brakefluid": { status: "OK", description: null },
      "diagnostics-washerfluid": { status: "ALERT", description: "Washer fluid low" },
      "internalcombustionengine-oillife": { value: 64, unit: "percent" },
      "lowvoltagebattery-stateofcharge": { value: 88, unit: "percent" },
      "service-isinservice": { value: false },
      "vehicleidentification-exteriorcolor": { value: "Thunder Grey" },
      "vehicleidentification-trim": { value: "Recharge T6" },
      "vehicleidentification-vin": { value: "YV1UZH5V2N1000002" },
      "vehicleuseraccount-role": { value: "primary" },
    },
    undated: ["vehicleidentification-vin", "vehicleidentification-exteriorcolor"],
    incapableOf: [
      "charge-chargerecords",
      "charge-fastchargertype",
      "closure-tailgate",
      "hvac-cabintargettemperature",
      "vehicleidentification-nickname",
    ],
    // Recorded from a real car of this make: the label says bar, the numbers are kPa.
    tyreUnit: "bar",
    capabilities: [...anyCarCan, "charge", "charge_limit", "schedule_daily"],
  },
  start: { ...parked, place: "away", odometerKm: 61_833.7, batteryKwh: 18.8 * 0.46, fuelLitres: 38, limitPercent: 100 },
};

const petrol: CarModel = {
  identity: {
    vehicleId: "2b7a6c1e-0d3f-4e5b-a111-000000000003",
    userId: "5f0c1e5a-7d4b-4c55-a1de-000000000002",
    connectionId: "9c1f4a30-55aa-4b1c-a222-000000000003",
    make: "TOYOTA",
    model: "Corolla",
    year: 2021,
    powertrainType: "ICE",
    withheldPermissions: ["read_service_history"],
  },
  spec: {
    battery: null,
    tank: { litres: 50, litresPer100Km: 6.1 },
    route: [
      { latitude: 50.0826, longitude: 8.2493 },
      { latitude: 50.0441, longitude: 8.2612 },
      { latitude: 49.9993, longitude: 8.2738 },
    ],
    cruiseKmh: 58,
    timetable: [
      { from: "home", on: "workday", atMin: 5 * 60 + 40 },
      { from: "away", on: "workday", atMin: 14 * 60 + 20 },
      { from: "home", on: "workday", atMin: 19 * 60 },
      { from: "away", on: "workday", atMin: 21 * 60 + 30 },
      { from: "home", on: "weekend", atMin: 11 * 60 },
      { from: "away", on: "weekend", atMin: 15 * 60 },
    ],
    constants: {
      ...diagnostics,
      "diagnostics-oilpressure": { status: "OK", description: null },
      "internalcombustionengine-oillife": { value: 80, unit: "percent" },
      "service-isinservice": { value: false },
      "vehicleidentification-exteriorcolor": { value: "Pearl White" },
      "vehicleidentification-vin": { value: "SB1K93BE90E000003" },
    },
    undated: ["vehicleidentification-vin"],
    incapableOf: [
      "charge-ischarging",
      "charge-ischargingcableconnected",
      "charge-chargelimits",
      "charge-detailedchargingstatus",
      "closure-tailgate",
      "lowvoltagebattery-stateofcharge",
      "tractionbattery-nominalcapacity",
      "tractionbattery-range",
      "tractionbattery-stateofcharge",
      "transmission-drivemode",
      "wheel-style",
    ],
    tyreUnit: "kpa",
    capabilities: ["security"],
  },
  start: { ...parked, odometerKm: 88_120.4, batteryKwh: 0, fuelLitres: 31.5, limitPercent: 100 },
};

export const MODELS: Readonly<Record<ModelName, CarModel>> = { battery, hybrid, petrol };
